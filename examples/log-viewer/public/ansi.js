/** Terminal sequences: those that set colours, all others, and single control characters. */
const sequences =
  // oxlint-disable-next-line no-control-regex
  /\u001B\[([\d;:]*)m|\u001B\[[\d;?]*[ -/]*[@-~]|\u001B\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[\u0000-\u0008\u000B-\u001F\u007F]/g;

const names = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

/** The colour for one of the 256 numbers: the style sheet defines the first 16. */
function paletteColour(number) {
  if (number < 16) return `var(--${number < 8 ? '' : 'bright-'}${names[number % 8]})`;
  if (number > 231) return grey(8 + (number - 232) * 10);
  const level = (step) => (step === 0 ? 0 : 55 + step * 40);
  const index = number - 16;
  return `rgb(${level(Math.floor(index / 36))} ${level(Math.floor(index / 6) % 6)} ${level(index % 6)})`;
}

function grey(level) {
  return `rgb(${level} ${level} ${level})`;
}

/** Reads `5;N` or `2;R;G;B` after a 38 or 48, and removes it from the list. */
function takeColour(codes) {
  const kind = codes.shift();
  if (kind === 5) return paletteColour(Math.min(255, codes.shift() ?? 0));
  if (kind !== 2) return undefined;
  const [red = 0, green = 0, blue = 0] = codes.splice(0, 3).map((part) => Math.min(255, part));
  return `rgb(${red} ${green} ${blue})`;
}

function apply(style, parameters) {
  const codes = parameters.split(/[;:]/).map(Number);
  let next = style;
  while (codes.length > 0) next = applyOne(next, codes.shift(), codes);
  return next;
}

function applyOne(style, code, rest) {
  if (code === 0) return {};
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 3) return { ...style, italic: true };
  if (code === 4) return { ...style, underline: true };
  if (code === 7) return { ...style, inverse: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 23) return { ...style, italic: false };
  if (code === 24) return { ...style, underline: false };
  if (code === 27) return { ...style, inverse: false };
  if (code === 38) return { ...style, colour: takeColour(rest) };
  if (code === 39) return { ...style, colour: undefined };
  if (code === 48) return { ...style, background: takeColour(rest) };
  if (code === 49) return { ...style, background: undefined };
  if (code >= 30 && code <= 37) return { ...style, colour: paletteColour(code - 30) };
  if (code >= 40 && code <= 47) return { ...style, background: paletteColour(code - 40) };
  if (code >= 90 && code <= 97) return { ...style, colour: paletteColour(code - 82) };
  if (code >= 100 && code <= 107) return { ...style, background: paletteColour(code - 92) };
  return style;
}

/**
 * Splits a line at its colour sequences (ECMA-48, SGR) into `{ text, style }`. All other sequences are removed: a log
 * may only colour itself.
 */
export function parseAnsi(line) {
  const parts = [];
  let style = {};
  let start = 0;
  for (const match of line.matchAll(sequences)) {
    if (match.index > start) parts.push({ text: line.slice(start, match.index), style });
    if (match[1] !== undefined) style = apply(style, match[1]);
    start = match.index + match[0].length;
  }
  if (start < line.length) parts.push({ text: line.slice(start), style });
  return parts;
}

/**
 * A part as an element; its content is always text. A script sets the colours, which a policy against inline styles
 * allows.
 */
export function spanOf({ text, style }) {
  const span = document.createElement('span');
  span.textContent = text;
  const [colour, background] = style.inverse
    ? [style.background ?? 'var(--pane)', style.colour ?? 'var(--pane-ink)']
    : [style.colour, style.background];
  if (colour) span.style.color = colour;
  if (background) span.style.backgroundColor = background;
  if (style.bold) span.style.fontWeight = '700';
  if (style.dim) span.style.opacity = '0.65';
  if (style.italic) span.style.fontStyle = 'italic';
  if (style.underline) span.style.textDecoration = 'underline';
  return span;
}
