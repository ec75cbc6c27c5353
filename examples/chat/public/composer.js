const form = document.getElementById('composer');
const input = document.getElementById('text');
const maxText = Number(document.body.dataset.maxText);

/** What is wrong with a text; '' if nothing is. */
function problemWith(text) {
  if (text.trim() === '') return 'There is nothing in the message';
  const bytes = new TextEncoder().encode(text).length;
  return bytes > maxText ? `The message has ${bytes} bytes, more than ${maxText}: make it shorter` : '';
}

/**
 * Calls `onText(text)` for a message to be sent, `onProblem(words)`, with '' once there is no problem, and
 * `onTyping()`.
 */
export function compose({ onText, onProblem, onTyping }) {
  const submit = () => {
    const problem = problemWith(input.value);
    onProblem(problem);
    if (problem !== '') return;
    const text = input.value;
    input.value = '';
    fit();
    onText(text);
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit();
    input.focus();
  });
  input.addEventListener('keydown', (event) => {
    // While an input method composes a character, Enter selects it.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  input.addEventListener('input', () => {
    fit();
    if (input.value.trim() !== '') onTyping();
  });
}

/** Puts a refused text back, in front of what was typed since. */
export function giveBack(text) {
  input.value = input.value === '' ? text : `${text}\n${input.value}`;
  fit();
}

function fit() {
  const lines = Math.min(6, input.value.split('\n').length);
  input.rows = lines;
}
