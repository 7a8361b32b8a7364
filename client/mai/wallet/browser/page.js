// One question at a time: which wallet, then what to sign. Everything shown is set as text, never as markup.
import { onWallet, wallets } from "/wallets.js";

const at = (id) => document.getElementById(id);
const KEY = "mai-session";
let session = sessionStorage.getItem(KEY);
let question = { id: 0, kind: "none" };
let chosen = null; // { wallet, account }
let over = false; // nothing is said after the end

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function say(title, status, kind) {
  if (over) return;
  at("title").textContent = title;
  at("status").textContent = status ?? "";
  at("status").className = kind ?? "";
  document.title = `MAI: ${title}`;
}

async function call(path, body) {
  const headers = { "Content-Type": "application/json" };
  if (session) headers["X-Session"] = session;
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

async function begin() {
  const token = location.hash.slice(1);
  if (token) history.replaceState(null, "", "/");
  if (token) {
    try {
      session = (await call("/session", { token })).session;
      sessionStorage.setItem(KEY, session);
    } catch {
      session = null;
    }
  }
  if (!session) {
    end("This page is not the command's", "Its token is wrong or was used before. Open the address that the command printed, once.", "bad");
    return;
  }
  listen();
}

async function listen() {
  let failures = 0;
  let coming = call("/next", { seen: question.id });
  for (;;) {
    try {
      const next = await coming;
      failures = 0;
      if (next.kind === "done") return end("Done", "The command has ended. You can close this page.", "good");
      coming = call("/next", { seen: next.id }); // before anything is shown: to the command, silence is a closed page
      if (next.kind !== "wait") show(next);
    } catch {
      failures += 1;
      if (failures > 2) return end("The command has ended", "Nothing more will be asked. You can close this page.", "");
      await new Promise((go) => setTimeout(go, 500));
      coming = call("/next", { seen: question.id });
    }
  }
}

function end(title, status, kind) {
  at("wallets").hidden = at("request").hidden = true;
  say(title, status, kind);
  over = true;
}

// What is said once an answer has arrived is about its question: the next one may be shown by then.
async function answer(asked, body, ...words) {
  at("wallets").hidden = at("request").hidden = true;
  try {
    await call("/answer", { id: asked.id, ...body });
  } catch {
    words = ["The command does not answer", "Nothing was sent.", "bad"];
  }
  if (question === asked && words.length) say(...words);
}

function show(next) {
  question = next;
  at("chain").textContent = next.chain.replace("solana:", "");
  at("chain").hidden = false;
  if (next.kind === "connect") showWallets();
  if (next.kind === "sign") showRequest();
}

// Which wallet

function showWallets() {
  if (question.kind !== "connect" && !(question.kind === "sign" && !chosen)) return;
  const listed = wallets();
  at("wallets").replaceChildren(...listed.map(walletButton));
  at("wallets").hidden = false;
  at("request").hidden = true;
  say("Choose a wallet", listed.length ? "It will be asked for its address." : "No Solana wallet was found in this browser: install or unlock one. It appears here by itself.");
}

function walletButton(wallet) {
  const button = element("button", undefined, "wallet");
  if (typeof wallet.icon === "string" && wallet.icon.startsWith("data:image/")) {
    const icon = element("img");
    icon.src = wallet.icon;
    icon.alt = "";
    button.append(icon);
  }
  button.append(element("span", wallet.name));
  button.addEventListener("click", () => connect(wallet));
  return button;
}

async function connect(wallet) {
  say(`Connecting to ${wallet.name}`, "Answer in the wallet.");
  let accounts;
  try {
    accounts = (await wallet.features["standard:connect"].connect()).accounts;
  } catch (error) {
    say("Choose a wallet", `${wallet.name}: ${error?.message ?? error}`, "bad");
    return;
  }
  const solana = [...accounts].filter((account) => account.chains?.some((chain) => chain.startsWith("solana:")) ?? true);
  if (solana.length === 0) return say("Choose a wallet", `${wallet.name} gave no Solana account.`, "bad");
  if (solana.length === 1) return choose(wallet, solana[0]);
  at("wallets").replaceChildren(...solana.map((account) => {
    const button = element("button", undefined, "wallet");
    button.append(element("span", account.address, "address"));
    button.addEventListener("click", () => choose(wallet, account));
    return button;
  }));
  say("Choose an account", wallet.name);
}

async function choose(wallet, account) {
  chosen = { wallet, account };
  if (question.kind === "sign") return showRequest();
  say("Connected", `${wallet.name}: ${account.address}. What is to be signed appears here.`, "good");
  await answer(question, { address: account.address });
}

// What to sign

function showRequest() {
  if (!chosen) return showWallets(); // the page was loaded again
  if (chosen.account.address !== question.address) {
    chosen = null;
    showWallets();
    return say("Choose the wallet again", `The command asked for ${question.address}.`, "bad");
  }
  const many = question.transactions.length;
  at("transactions").replaceChildren(...question.transactions.map((item, place) => card(item.view, place, many)));
  at("request").hidden = false;
  at("wallets").hidden = true;
  at("approve").disabled = at("reject").disabled = false;
  say(many === 1 ? "Sign this transaction?" : `Sign these ${many} transactions?`, `${chosen.wallet.name}: ${question.address}`);
}

function card(view, place, many) {
  const box = element("div", undefined, "card");
  if (many > 1 && place === 0) box.append(element("h2", `Transaction 1 of ${many}`));
  if (view.effects) box.append(effects(view.effects));
  box.append(element("h2", "Instructions"), ...view.instructions.map(instruction));
  if (view.payer !== question.address) box.append(element("p", `The fee is paid by ${view.payer}.`));
  if (many > 1 && place > 0) {
    const closed = element("details");
    const names = view.instructions.filter((call) => call.program !== "compute budget").map(named);
    closed.append(element("summary", `Transaction ${place + 1} of ${many}: ${names.join(", ")}`), box);
    return closed;
  }
  return box;
}

function effects(found) {
  const part = element("div");
  part.append(element("h2", "What it would do"));
  if (found.unknown) {
    part.append(element("p", `It could not be simulated: ${found.unknown}`, "bad"));
    return part;
  }
  if (found.refused) part.append(element("p", `It would be refused: ${found.refused}`, "bad"));
  const rows = element("table");
  for (const change of found.changes) {
    const whose = change.address === question.address ? "this wallet" : change.owner === question.address ? "this wallet's token account" : change.address;
    rows.append(row(whose, change.text, change.text.startsWith("+") ? "good" : "bad"));
  }
  rows.append(row("fee, contained above", found.fee), row("compute units", found.compute_units));
  const logs = element("details");
  logs.append(element("summary", "Logs"), element("pre", found.logs.join("\n")));
  part.append(rows, logs);
  return part;
}

function row(name, value, kind) {
  const made = element("tr");
  made.append(element("td", name, name.length > 30 ? "address" : ""), element("td", value, `amount ${kind ?? ""}`));
  return made;
}

function named(call) {
  return call.name === "unknown" ? `an instruction that is not known here, of ${call.program}` : `${call.program}: ${call.name}`;
}

function instruction(call) {
  const box = element("div", undefined, call.program === "compute budget" ? "call minor" : "call");
  box.append(element("b", named(call)));
  if (call.name === "unknown") box.classList.add("bad");
  if (call.arguments.length) {
    const table = element("table");
    for (const [name, value] of call.arguments) table.append(row(name, value));
    box.append(table);
  }
  if (call.accounts.length) {
    const closed = element("details");
    const table = element("table");
    for (const account of call.accounts) {
      const name = element("td", account.label);
      const address = element("td", account.address === question.address ? "this wallet" : account.address, "address");
      if (account.signs) address.append(element("span", "signs", "mark"));
      if (account.writable) address.append(element("span", "may change", "mark"));
      const line = element("tr");
      line.append(name, address);
      table.append(line);
    }
    closed.append(element("summary", call.accounts.length === 1 ? "1 account" : `${call.accounts.length} accounts`), table);
    box.append(closed);
  }
  return box;
}

const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const textOf = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));

async function approve() {
  at("approve").disabled = at("reject").disabled = true;
  const asked = question;
  const { wallet, account } = chosen;
  const known = account.chains?.includes(asked.chain);
  const inputs = asked.transactions.map((item) => ({
    account,
    transaction: bytesOf(item.bytes),
    ...(known ? { chain: asked.chain } : {}),
  }));
  say(`Waiting for ${wallet.name}`, "Answer in the wallet.");
  try {
    const given = await wallet.features["solana:signTransaction"].signTransaction(...inputs);
    const signed = Array.from(given, (item) => textOf(item.signedTransaction));
    await answer(asked, { signed }, "Signed", "The command checks it and sends it.", "good");
  } catch (error) {
    await reject(asked, String(error?.message ?? error));
  }
}

async function reject(asked, reason) {
  await answer(asked, { rejected: reason }, "Rejected", `Nothing was signed. ${reason}`, "bad");
}

at("approve").addEventListener("click", approve);
at("reject").addEventListener("click", () => reject(question, "rejected on the page"));
onWallet(showWallets);
begin();
