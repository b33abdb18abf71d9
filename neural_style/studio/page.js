() => {
  // Names for those who cannot see the page, where Gradio's own say less than what is seen.
  const words = (element) => element.innerText.replace(/\s+/g, " ").trim();
  const name = (element, text) => {
    if (text && element.getAttribute("aria-label") !== text) element.setAttribute("aria-label", text);
  };
  const improve = () => {
    for (const place of document.querySelectorAll("button.upload-container")) {
      const block = place.closest(".block");
      const label = block && block.querySelector("[data-testid=block-label]");
      name(place, [label && words(label), words(place)].filter(Boolean).join(": "));
    }
    for (const thumbnail of document.querySelectorAll("button.thumbnail-item")) {
      name(thumbnail, words(thumbnail));
    }
    for (const empty of document.querySelectorAll("div.empty[aria-label]:not([role])")) {
      empty.setAttribute("role", "img");
    }
  };
  let due = false;
  new MutationObserver(() => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => { due = false; improve(); });
  }).observe(document.body, { childList: true, subtree: true });
  improve();
}
