/** The few things that a client reads in session descriptions, and the one that it writes. */

const MARK = 'screen-'

/** The m-lines, each with what belongs to it. */
export function sections (sdp = ''): string[] {
  return sdp.split(/^(?=m=)/m).slice(1)
}

/** The first word of an attribute. */
export function attribute (section: string, name: string): string | undefined {
  return new RegExp(`^a=${name}:(\\S+)`, 'm').exec(section)?.[1]
}

/** Does whoever wrote this send something here? */
export function isSending (section: string): boolean {
  return /^a=send(only|recv)\r?$/m.test(section) && !/^m=\S+ 0 /.test(section)
}

/**
 * Marks screens by the names of their tracks, in what the server is sent: engines that pass these names on let the others tell a screen from
 * a camera for certain. The local description stays as it is.
 * @param mids the m-lines of screens
 */
export function markScreens (sdp: string, mids: ReadonlySet<string | null>): string {
  return sdp.split(/^(?=m=)/m).map((section) => {
    return mids.has(attribute(section, 'mid') ?? '') ? section.replace(/^(a=msid:\S+) (?=\S)/m, `$1 ${MARK}`) : section
  }).join('')
}

export function isMarkedScreen (section: string): boolean {
  return new RegExp(`^a=msid:\\S+ ${MARK}`, 'm').test(section)
}
