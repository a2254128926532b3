// A run's events as docs/protocol.md has them, with a type for each.

/** @typedef {any} Json */

/**
 * @typedef {{ run: string, conversation: string, message: string, model: string | null }} Start
 * @typedef {{ text: string }} Piece
 * @typedef {{ html: string, tail: string, whole?: boolean }} Block
 * @typedef {{ html: string, done?: string, depth?: number }} Open
 * @typedef {{ id: string, name: string, input: Json }} ToolStart
 * @typedef {{ id: string, text: string }} ToolText
 * @typedef {{ id: string, name: string, output?: Json, error?: string }} ToolEnd
 * @typedef {{ id: string, title: string, source: string, text: string }} Source
 * @typedef {{ name: string, data: Json }} Custom
 * @typedef {{ op: string, path: string, from?: string, value?: Json }} Operation
 * @typedef {{ code: string, message: string, retryable?: boolean }} Fault
 * @typedef {{ id: string, value: Json }} Question
 * @typedef {{ status: string, finish_reason: string | null, error: Fault | null, asked?: Question[] }} End
 */

/** The data of each type of event.
 * @typedef {object} DataByType
 * @property {Start} start
 * @property {Piece} token
 * @property {Piece} reasoning
 * @property {Block} block
 * @property {Open} open
 * @property {ToolStart} tool-start
 * @property {ToolText} tool-text
 * @property {ToolEnd} tool-end
 * @property {{ documents: Source[] }} documents
 * @property {{ patch: Operation[] }} output
 * @property {Custom} custom
 * @property {End} end
 * @property {{ message: string }} reset
 */

/**
 * @typedef {{ [Type in keyof DataByType]: { type: Type, data: DataByType[Type], id: number } }[keyof DataByType]}
 * RunEvent
 */

/** Reads the JSON of an event. @param {import("./sse.js").ServerEvent} event @returns {RunEvent} */
export function runEvent({ type, data, id }) {
  return /** @type {RunEvent} */ ({ type, data: JSON.parse(data), id: Number(id) });
}
