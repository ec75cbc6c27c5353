const status = document.getElementById('status');
const stall = document.getElementById('stall');
const duration = 20_000;

export function showStatus({ process, memory, open, waiting }) {
  const megabytes = Math.round(memory / 1024 / 1024);
  const pages = open === 1 ? '1 open page' : `${open} open pages`;
  status.textContent = `Process ${process} · ${pages} · ${megabytes} MiB of memory · ${waiting.toLocaleString('en')} bytes waiting for slow pages`;
}

/** Has the page do nothing else, so that it reads nothing: the others and the server must not notice. */
stall.addEventListener('click', () => {
  const label = stall.textContent;
  stall.textContent = 'Stalled…';
  // After the label is drawn.
  requestAnimationFrame(() =>
    setTimeout(() => {
      const end = performance.now() + duration;
      while (performance.now() < end);
      stall.textContent = label;
    }, 50),
  );
});
