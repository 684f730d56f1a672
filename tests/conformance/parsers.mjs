// Microsoft's M parser and ours on the same texts: what one accepts the other must accept.
// usage: parsers.mjs BINARY COUNT [SEED] [FILE...]
// The texts: the given files, COUNT made from the grammar, and as many with one piece left out, doubled, exchanged or added.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

const home = process.env.CONFORMANCE_HOME ?? join(homedir(), ".cache/xero-pbit-conformance");
if (!existsSync(join(home, "node/node_modules"))) {
  console.error("run tests/conformance/install first");
  process.exit(2);
}
const parser = createRequire(join(home, "node/package.json"))("@microsoft/powerquery-parser");
const [binary, count, seed, ...files] = process.argv.slice(2);

// A small generator of numbers, the same everywhere.
let state = BigInt(seed ?? 1) * 0x9e3779b97f4a7c15n;
const random = (n) => {
  state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
  return Number((state >> 33n) % BigInt(n));
};
const pick = (list) => list[random(list.length)];
const many = (least, most, make, separator) =>
  Array.from({ length: least + random(most - least + 1) }, make).join(separator);

const names = ["a", "b", "_", "Table.AddColumn", "#\"odd name\"", "x1", "table", "list", "record", "optional", "nullable", "été", "action", "catch", "number", "null1", "Ünï.cöde"];
const fields = ["a", "Base Line", "2020 total", "if", "x.y", "#\"quoted # [field]\"", "let in", "a b c"];
const literals = ["1", "1.5", "1e3", "1.0E-2", "0xFF", "\"t\"", "\"a \"\"q\"\" #(lf) #(0041,cr)\"", "true", "false", "null", "#infinity", "#nan", "\"\""];
const primitives = ["any", "anynonnull", "binary", "date", "datetime", "datetimezone", "duration", "function", "list", "logical", "none", "null", "number", "record", "table", "text", "time", "type", "action"];
const operators = ["+", "-", "*", "/", "&", "=", "<>", "<", "<=", ">", ">=", "and", "or", "??", "meta"];

const expression = (depth) => {
  if (depth <= 0) return pick([() => pick(names), () => pick(literals), () => "{}", () => "[]"])();
  const e = () => expression(depth - 1 - random(2));
  return pick([
    e, e,
    () => `${e()} ${pick(operators)} ${e()}`,
    () => `${e()} ${pick(operators)} ${e()}`,
    () => `(${e()})`,
    () => `${pick(["-", "+", "not "])}${e()}`,
    () => `{${many(0, 3, () => (random(4) ? e() : `${e()}..${e()}`), ", ")}}`,
    () => `[${many(0, 3, (_, i) => `f${i}${random(5)} = ${e()}`, ", ")}]`,
    () => `[${pick(fields)} = ${e()}]`,
    () => `${primary(depth)}[${pick(fields)}]${pick(["", "", "?"])}`,
    () => `${primary(depth)}[[${pick(fields)}], [z]]${pick(["", "?"])}`,
    () => `${primary(depth)}{${e()}}${pick(["", "?"])}`,
    () => `${primary(depth)}(${many(0, 3, e, ", ")})`,
    () => `let ${many(1, 3, (_, i) => `v${i} = ${e()}`, ", ")} in ${e()}`,
    () => `let #"s 1" = ${e()} in #"s 1"`,
    () => `if ${e()} then ${e()} else ${e()}`,
    () => `each ${e()}`,
    () => `(${many(0, 2, (_, i) => `p${i}${pick(["", " as number", " as nullable text"])}`, ", ")})${pick(["", " as any", " as nullable table"])} => ${e()}`,
    () => `(x, optional y${pick(["", " as text"])}) => ${e()}`,
    () => `try ${e()}`,
    () => `try ${e()} otherwise ${e()}`,
    () => `try ${e()} catch (e) => ${e()}`,
    () => `error ${e()}`,
    () => `${e()} is ${pick(["", "nullable "])}${pick(primitives)}`,
    () => `${e()} as ${pick(["", "nullable "])}${pick(primitives)}`,
    () => `type ${type(depth)}`,
    () => `@${pick(["a", "#\"odd name\""])}`,
    () => "...",
    () => `#table({"a"}, {{${e()}}})`,
    () => `#date(2024, ${e()}, 1)`,
    () => `/* c */ ${e()} // end\n`,
    () => `${e()} meta [a = ${e()}]`,
  ])();
};
const primary = (depth) => pick([() => pick(names), () => `(${expression(depth - 1)})`, () => "_", () => "[a = 1]", () => "{1}", () => "f(1)"])();
const type = (depth) => {
  if (depth <= 0) return pick(primitives);
  const t = () => type(depth - 1 - random(2));
  return pick([
    () => pick(primitives),
    () => `nullable ${t()}`,
    () => `{${t()}}`,
    () => `[${many(0, 2, (_, i) => `${pick(["", "optional "])}g${i} = ${t()}`, ", ")}]`,
    () => `[g = ${t()}, ...]`,
    () => "[...]",
    () => `table [${many(0, 2, (_, i) => `c${i}${pick(["", ` = ${t()}`])}`, ", ")}]`,
    () => `function (${many(0, 2, (_, i) => `q${i} as ${t()}`, ", ")}) as ${t()}`,
    () => `function (optional q as ${t()}) as ${t()}`,
    () => `table ${pick(["a", "(b)", "#\"odd name\""])}`,
    () => `(${expression(depth - 1)})`,
  ])();
};
const section = (depth) =>
  `${pick(["", "[Version = \"1.0\"] "])}section ${pick(["S", "#\"odd name\"", ""])}; ${many(0, 3, (_, i) => `${pick(["", "shared ", "[K = \"x\"] "])}m${i} = ${expression(depth)};`, " ")}`;

const broken = (text) => {
  const pieces = text.match(/"(?:[^"]|"")*"|[\p{L}\p{N}_.#]+|\s+|[^\s]/gu) ?? [];
  if (pieces.length === 0) return ",";
  const at = random(pieces.length);
  const other = random(pieces.length);
  pick([
    () => pieces.splice(at, 1),
    () => pieces.splice(at, 0, pieces[other]),
    () => ([pieces[at], pieces[other]] = [pieces[other], pieces[at]]),
    () => pieces.splice(at, 0, pick([",", "(", ")", "[", "]", "{", "}", "=>", "=", "..", "?", "!", "@", "in", "let", "then", "as", ";", "\"", " "])),
  ])();
  return pieces.join("");
};

const texts = files.map((file) => readFileSync(file, "utf8"));
for (let i = 0; i < Number(count ?? 1000); i++) {
  const text = random(8) ? expression(1 + random(4)) : section(random(3));
  texts.push(text, broken(text));
}

const answers = spawnSync(binary, ["m", "parse", "--jsonl"], {
  input: texts.map((code, id) => JSON.stringify({ id: String(id), code })).join("\n") + "\n",
  encoding: "utf8",
  maxBuffer: 1 << 30,
});
const ours = new Map(answers.stdout.trim().split("\n").map((line) => JSON.parse(line)).map((a) => [a.id, a]));

// Where the two may differ. Ours accepts what the specification's grammar does and the other parser leaves out:
const MORE = [
  /(^|[^\d.])\.\d/, // `.05`
  /("|\d|\btrue|\bfalse|\bnull|#nan|#infinity)\s*[({]/, // a literal that is called or indexed
  /\btype\s*[@(\w#]/, // `type` before an expression
  /\boptional\s*([,)]|as\b)/, // a parameter of the name `optional`
];
// Theirs lets anything stand behind a quoted name in brackets.
const LESS = [/\[\s*#"(?:[^"]|"")*"\s*[^\]=\s]/];

let accepted = 0;
const differences = [];
for (const [at, text] of texts.entries()) {
  const result = await parser.TaskUtils.tryLexParse(parser.DefaultSettings, text);
  const theirs = parser.TaskUtils.isParseStageOk(result);
  const mine = ours.get(String(at));
  accepted += theirs ? 1 : 0;
  const known = (theirs ? LESS : MORE).some((pattern) => pattern.test(text)) || /InvariantError/.test(String(result.error?.message));
  if (mine?.ok !== theirs && !known) {
    differences.push(`${theirs ? "only theirs" : "only ours "}: ${JSON.stringify(text).slice(0, 300)} (${theirs ? mine?.error?.message : result.error?.message ?? ""})`);
  }
}
console.log(`parsers: ${texts.length} texts, ${accepted} accepted by Microsoft's parser, ${differences.length} differences`);
for (const difference of differences.slice(0, 60)) console.log(`  ${difference}`);
process.exit(differences.length > 0 || accepted === 0 || accepted === texts.length ? 1 : 0);
