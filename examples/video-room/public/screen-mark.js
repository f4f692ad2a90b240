// @ts-check

const MARK = 'screen-'

/**
 * Marks the screen's track by its name in what the server is sent: engines that pass the names of tracks on let the
 * others tell a screen from a camera for certain. The local description stays as it is.
 * @param {string} sdp @param {string | null | undefined} mid of the screen's m-line
 */
export function markScreen (sdp, mid) {
  if (mid == null) return sdp
  return sdp.split(/^(?=m=)/m).map((section) => {
    const isScreens = /^a=mid:(\S+)/m.exec(section)?.[1] === mid
    return isScreens ? section.replace(/^(a=msid:\S+) (?=\S)/m, `$1 ${MARK}`) : section
  }).join('')
}

/** @param {string} section an m-line and what belongs to it */
export function isMarkedScreen (section) {
  return /^a=msid:\S+ (\S+)/m.exec(section)?.[1]?.startsWith(MARK) ?? false
}
