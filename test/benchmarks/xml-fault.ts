/** Is it XML whose elements are closed in order, with nothing in it that only HTML forgives? */
export function faultOf (xml: string): string | null {
  const open: string[] = []
  for (const [, closing, name = '', rest = ''] of xml.matchAll(/<(\/?)([a-z]+)((?:[^<>"]|"[^"<]*")*)>/g)) {
    if (closing === '/') {
      if (open.pop() !== name) return `</${name}> closes another element`
    } else if (!rest.endsWith('/')) open.push(name)
  }
  const text = xml.replace(/<style>[^]*?<\/style>/g, '').replace(/<(?:[^<>"]|"[^"<]*")*>/g, '')
  if (/[<>]|&(?!#\d+;)/.test(text)) return 'a bare < > or & in text'
  return open.length === 0 ? null : `<${open.join('> <')}> is not closed`
}
