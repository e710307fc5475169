// Where pictures come from: files, folders, the camera, the clipboard, and whatever is dropped on the page.

import { byId } from "./elements.js";

const MOST = 1000;
const PICTURE_NAME = /\.(png|jpe?g|jfif|webp|gif|bmp|tiff?|dcm|dicom|ima)$/i;

/** Whether a file of a folder may be a picture: DICOM files often have no extension. */
function mayBePicture(file) {
  return !file.name.startsWith(".")
    && file.name !== "DICOMDIR"
    && (file.type.startsWith("image/") || PICTURE_NAME.test(file.name) || !file.name.includes("."));
}

/** Calls take(files, note) with what the user gives; the note says what was left out. */
export function listen(take) {
  const give = (files, isFolder) => {
    const pictures = isFolder ? files.filter(mayBePicture) : files;
    const some = pictures.slice(0, MOST);
    const note = some.length < pictures.length
      ? "Only the first " + MOST + " pictures were taken."
      : some.length === 0 ? "There is no picture in what you gave." : "";
    take(some, note);
  };
  for (const name of ["files", "folder", "camera"]) {
    const input = byId(name);
    document.querySelector('[data-input="' + name + '"]').addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      if (input.files.length) give(Array.from(input.files), name === "folder");
      input.value = ""; // so that the same file can be chosen again
    });
  }
  document.addEventListener("paste", event => {
    const files = Array.from(event.clipboardData.files);
    if (files.length) {
      event.preventDefault();
      give(files, false);
    }
  });
  listenToDrops(give);
}

function listenToDrops(give) {
  const bringsFiles = event => event.dataTransfer.types.includes("Files");
  let inside = 0; // elements that were entered and not yet left
  const mark = () => document.body.classList.toggle("dropping", inside > 0);
  document.addEventListener("dragenter", event => {
    if (bringsFiles(event)) {
      inside++;
      mark();
    }
  });
  document.addEventListener("dragleave", event => {
    if (bringsFiles(event)) {
      inside = Math.max(0, inside - 1);
      mark();
    }
  });
  document.addEventListener("dragover", event => event.preventDefault()); // a file that misses must not replace the page
  document.addEventListener("drop", async event => {
    event.preventDefault();
    inside = 0;
    mark();
    const entries = Array.from(event.dataTransfer.items)
      .filter(item => item.kind === "file" && item.webkitGetAsEntry)
      .map(item => item.webkitGetAsEntry())
      .filter(entry => entry);
    const plain = Array.from(event.dataTransfer.files);
    if (entries.some(entry => entry.isDirectory)) {
      give((await Promise.all(entries.map(filesOf))).flat(), true);
    } else if (plain.length) {
      give(plain, false);
    }
  });
}

async function filesOf(entry) {
  if (entry.isFile) {
    return [await new Promise((done, failed) => entry.file(done, failed))];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) { // it gives a hundred at a time
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (some.length === 0 || found.length > MOST) return found;
    for (const each of some) found.push(...await filesOf(each));
  }
}
