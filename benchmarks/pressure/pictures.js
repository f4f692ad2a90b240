import { timePlot } from '../time-plot.js'

const MB = 1e6

/** What a recorder has seen, as a plot. */
export function pictureOf ({ title, samples, marks, xUnit = 's' }) {
  const perUnit = xUnit === 's' ? 1 : 60
  const line = (name, pick) => ({ name, points: samples.map((sample) => ({ x: sample.s / perUnit, y: pick(sample) })) })
  return timePlot({
    title,
    xUnit,
    marks: marks.map(({ s, name }) => ({ x: s / perUnit, name })),
    panels: [
      { title: 'Answers to good clients', unit: 'ms', logarithmic: true, series: [line('median', ({ p50 }) => p50), line('p99', ({ p99 }) => p99)] },
      { title: 'Event loop late', unit: 'ms', logarithmic: true, series: [line('p99', ({ lateP99 }) => lateP99), line('worst', ({ lateMax }) => lateMax)] },
      { title: 'Memory', unit: 'MB', series: [line('heap and buffers', ({ held }) => held / MB), line('process', ({ rss }) => rss / MB)] },
      { title: 'Open', unit: 'count', series: [line('sessions', ({ sessions }) => sessions), line('sockets', ({ sockets }) => sockets)] }
    ]
  })
}
