// Asks the server that this page came from. Addresses are relative, so that it may lie behind a proxy's path.

const MOST_TRIES = 8;

let token = "";
let asking = null; // for a token: one dialog, however many requests need it

/** What the server said instead of an answer. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** The answer to a request. Waits while the queue is full, and asks the user for a token if one is needed. */
async function ask(path, options = {}) {
  for (let tries = 1; ; tries++) {
    const used = token;
    const answer = await send(path, options);
    if (answer.ok) return answer;
    if (answer.status === 401 && (token !== used || await askForToken())) continue;
    if ((answer.status === 429 || answer.status === 503) && tries < MOST_TRIES) {
      await pause(Number(answer.headers.get("Retry-After")) || 1);
      continue;
    }
    throw new Refused(answer.status, await reason(answer));
  }
}

async function send(path, options) {
  try {
    return await fetch(path, { ...options, headers: token ? { Authorization: "Bearer " + token } : {} });
  } catch (e) {
    throw new Refused(0, "The server cannot be reached.");
  }
}

async function reason(answer) {
  try {
    return (await answer.json()).error;
  } catch (e) {
    return "The server answered with status " + answer.status + ".";
  }
}

/** Others come back at the same time, so each waits a little differently. */
const pause = seconds => new Promise(done => setTimeout(done, 1000 * seconds * (0.75 + Math.random() / 2)));

function askForToken() {
  asking ||= new Promise(done => {
    const dialog = document.getElementById("token");
    const text = document.getElementById("token-text");
    let given = false;
    document.getElementById("token-form").onsubmit = event => {
      event.preventDefault();
      token = text.value.trim();
      given = true;
      dialog.close();
    };
    dialog.onclose = () => {
      text.value = "";
      asking = null;
      done(given);
    };
    dialog.showModal();
  });
  return asking;
}

const model = name => "v1/models/" + encodeURIComponent(name);

/** The names of the models that are served. */
export async function models() {
  return (await (await ask("v2/repository/index", { method: "POST" })).json()).map(each => each.name);
}

/** A model's labels, thresholds, version. */
export const describe = async name => (await ask(model(name))).json();

/** A model's card, in Markdown. */
export const card = async name => (await ask(model(name) + "/card")).text();

/** What a model was found to do, as vit4j evaluate wrote it. */
export const evaluation = async name => (await ask(model(name) + "/evaluation")).json();

function form(file, fields = {}) {
  const body = new FormData();
  body.append("picture", file, file.name);
  Object.entries(fields).forEach(([name, value]) => body.append(name, value));
  return { method: "POST", body };
}

/** A picture's labels with scores, highest first. */
export async function predict(name, file) {
  const answer = await (await ask(model(name) + ":predict", form(file))).json();
  return answer.predictions[0];
}

/** Where a model looked for a label: the address of a PNG, to be revoked. */
export async function explain(name, file, label) {
  return URL.createObjectURL(await (await ask(model(name) + ":explain", form(file, { label }))).blob());
}
