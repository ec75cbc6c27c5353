import { hueOf, initialsOf } from './people.js';

const rows = [...document.querySelectorAll('.candidate')].map((element) => ({
  element,
  id: element.dataset.id,
  name: element.querySelector('h2').textContent,
  count: element.querySelector('.count'),
  share: element.querySelector('.share'),
  badge: element.querySelector('.badge'),
  meter: element.querySelector('.meter'),
  button: element.querySelector('.vote'),
}));
for (const { element, id, name } of rows) {
  Object.assign(element.querySelector('.portrait').dataset, { initials: initialsOf(name), hue: hueOf(id) });
}

export function nameOf(id) {
  return rows.find((row) => row.id === id)?.name ?? id;
}

export function onVote(listener) {
  for (const { id, button } of rows) button.addEventListener('click', () => listener(id));
}

/** Inactive buttons say so, and remain reachable by keyboard. */
export function allowVotes(isAllowed) {
  for (const { button } of rows) button.setAttribute('aria-disabled', String(!isAllowed));
}

/** Shows the server's counts. They only rise: a lower one is older. */
export function showCounts(counts) {
  for (const { id, count } of counts) {
    const row = rows.find((candidate) => candidate.id === id);
    if (row) row.count.textContent = String(Math.max(count, Number(row.count.textContent)));
  }
  const votes = rows.map(({ count }) => Number(count.textContent));
  const total = votes.reduce((sum, count) => sum + count, 0);
  const most = Math.max(...votes);
  document.getElementById('total').textContent = total.toLocaleString('en');
  document.getElementById('unit').textContent = total === 1 ? 'vote' : 'votes';
  rows.forEach(({ element, share, meter, badge }, index) => {
    share.textContent = `${total === 0 ? 0 : Math.round((100 * votes[index]) / total)} %`;
    meter.max = Math.max(total, 1);
    meter.value = votes[index];
    const isLeading = total > 0 && votes[index] === most;
    element.classList.toggle('leads', isLeading);
    badge.hidden = !isLeading;
  });
}

/** Highlights a vote that has just arrived. */
export function celebrate(id) {
  const element = rows.find((row) => row.id === id)?.element;
  element?.classList.remove('voted');
  // Two frames apart; otherwise the animation does not restart.
  requestAnimationFrame(() => requestAnimationFrame(() => element?.classList.add('voted')));
}

showCounts([]);
