const hues = 6;

/** The first letters of the first two words, including letters of two UTF-16 units. */
export function initialsOf(name) {
  const words = name.split(/\s+/).filter(Boolean).slice(0, 2);
  return words.map((word) => String.fromCodePoint(word.codePointAt(0)).toUpperCase()).join('');
}

/** One colour for a person, the same on every page. */
export function hueOf(id) {
  return [...id].reduce((sum, character) => sum + character.charCodeAt(0), 0) % hues;
}

/** Shows who is online. Names are always text; the style sheet draws initials and colours. */
export function showPeople(people, ownId) {
  document.getElementById('people-count').textContent = String(people.length);
  document.getElementById('people').replaceChildren(
    ...people.map(({ id, name }) => {
      const item = document.createElement('li');
      item.dataset.id = id;
      item.dataset.initials = initialsOf(name);
      item.dataset.hue = String(hueOf(id));
      if (id === ownId) item.dataset.you = 'you';
      item.textContent = name;
      return item;
    }),
  );
}
