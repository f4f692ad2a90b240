// @ts-check
/* global HTMLMediaElement */

const SIDE_PX = 8
/** Out of 255. A camera that is switched off sends pure black; a dark room still has noise and highlights. */
const BLACK = 12

const canvas = document.createElement('canvas')
canvas.width = canvas.height = SIDE_PX
const context = canvas.getContext('2d', { willReadFrequently: true })

/**
 * Whether the picture is black. MSE has no message for "camera off", and a muted video track sends black frames:
 * so the picture itself says it.
 * @param {HTMLVideoElement} video
 */
export function isDark (video) {
  if (!context || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || video.videoWidth === 0) return false
  context.drawImage(video, 0, 0, SIDE_PX, SIDE_PX)
  const { data } = context.getImageData(0, 0, SIDE_PX, SIDE_PX)
  return data.every((value, index) => index % 4 === 3 || value <= BLACK)
}
