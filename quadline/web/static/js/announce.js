// The two live regions of the page: one waits its turn, one interrupts.

function put(id, words) {
  const region = document.getElementById(id);
  if (!region) return;
  region.textContent = "";
  setTimeout(() => { region.textContent = words; }, 60); // the same words twice are still said twice
}

export const announce = (words) => put("say", words);
export const interrupt = (words) => put("say-now", words);
