// A placeholder: the page and the plots are made elsewhere.
export async function writeReport (_results, _folder) {}
export function compare (results, committed) {
  return results.ratios.map(({ name, value }) => `${name}: ${value.toFixed(2)}, committed ${committed.ratios.find((one) => one.name === name)?.value.toFixed(2) ?? '-'}`).join('\n')
}
