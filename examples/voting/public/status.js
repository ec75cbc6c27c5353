const status = document.getElementById('status');
const stall = document.getElementById('stall');
const duration = 20_000;

export function showStatus({ process, memory, open, waiting }) {
  const megabytes = Math.round(memory / 1024 / 1024);
  const pages = open === 1 ? '1 open page' : `${open} open pages`;
  status.textContent = `Process ${process} · ${pages} · ${megabytes} MiB of memory · ${waiting.toLocaleString('en')} bytes waiting for slow pages`;
}

/** Blocks the page, so that it reads nothing: the other pages and the server must not be affected. */
stall.addEventListener('click', () => {
  const label = stall.textContent;
  stall.textContent = 'Stalled…';
  // After the label has been drawn.
  requestAnimationFrame(() =>
    setTimeout(() => {
      const end = performance.now() + duration;
      while (performance.now() < end);
      stall.textContent = label;
    }, 50),
  );
});
