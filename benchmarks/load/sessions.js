/**
 * Opens a session over HTTP, and says by which headers later requests name it.
 * @param opening what to POST first, which header of the answer names the session, and what to POST after that
 */
export async function openSession (url, { headers, body, sessionHeader, then = [] }) {
  const response = await post(url, headers, body)
  const id = response.headers.get(sessionHeader)
  if (id === null) throw new Error(`no ${sessionHeader} beside ${await response.text()}`)
  await response.text()
  for (const text of then) await (await post(url, { ...headers, [sessionHeader]: id }, text)).text()
  return { [sessionHeader]: id }
}

/** @throws Error when it is not answered, or with an error */
export async function post (url, headers, body) {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body })
  if (!response.ok) throw new Error(`${body} was answered ${response.status} ${await response.text()}`)
  return response
}
