// @ts-check
/* global HTMLElement, history, location */
import { Call } from './call.js'
import { ChatView } from './chat-view.js'
import { element } from './dom.js'
import { wireInvite } from './invite.js'
import { Lobby } from './lobby.js'
import { RoomView } from './room-view.js'
import { StatusView } from './status-view.js'
import { developmentTokens, fragmentTokens } from './token.js'
import { Toolbar } from './toolbar.js'

/** @type {Call | undefined} */
let call

const url = document.querySelector('meta[name="mse-path"]')?.getAttribute('content') || '/mse'
const given = fragmentTokens(location.hash)
const views = {
  room: new RoomView(),
  status: new StatusView(),
  chat: new ChatView((message, to) => call?.chat(message, to)),
  toolbar: new Toolbar({
    toggle: (kind) => call?.toggle(kind),
    share: () => call?.share(),
    leave: () => call?.leave()
  })
}
const lobby = new Lobby(join)
wireInvite(() => call?.tokens.roomId ?? '', (link) => views.status.hint(link))
// Who was given a token cannot give one to others.
element('invite', HTMLElement).hidden = given !== undefined

/** @param {import('./lobby.js').Choice} choice */
function join ({ user, room, kinds }) {
  const tokens = given ?? developmentTokens(user, room)
  lobby.showProblem()
  if (!given) history.replaceState(null, '', addressOf(user, room, kinds)) // a reload joins again
  document.title = `${tokens.roomId || 'Room'} · MSE`
  element('room-title', HTMLElement).textContent = tokens.roomId || 'Room'
  views.chat.reset()
  showRoom(true)
  element('room-title', HTMLElement).focus() // the focused form is gone: without this the keyboard starts at the top of the page
  call = new Call(url, tokens, views, end)
  call.begin(kinds).catch((error) => console.error('The call ended with a fault.', error))
}

/** @param {import('./problems.js').Problem} [problem] */
function end (problem) {
  showRoom(false)
  if (!given && !problem) history.replaceState(null, '', location.pathname) // having left, a reload does not join
  document.title = 'MSE video room'
  lobby.showProblem(problem)
  lobby.focus()
}

/** @param {string} user @param {string} room @param {import('./local-media.js').Kind[]} kinds */
function addressOf (user, room, kinds) {
  const query = new URLSearchParams({ user, room })
  if (!kinds.includes('video')) query.set('camera', '0')
  if (!kinds.includes('audio')) query.set('microphone', '0')
  return `?${query}`
}

/** @param {boolean} inRoom */
function showRoom (inRoom) {
  element('lobby', HTMLElement).hidden = inRoom
  element('call', HTMLElement).hidden = !inRoom
}

/** For the console and for tests; undefined parts are not there yet. */
Object.defineProperty(window, 'room', {
  value: {
    get client () { return call?.client },
    get publish () { return call?.client.media.connections.publish },
    get subscribe () { return call?.client.media.connections.subscribe },
    get local () { return call?.local },
    get people () { return views.room.people },
    restartIce () { call?.client.media.restartIce() },
    leave () { call?.leave() }
  }
})

const query = new URLSearchParams(location.search)
lobby.fill(query)
if (given) lobby.fix(given)
if (given || (query.get('user') && query.get('room'))) join(lobby.choice())
else lobby.focus()
