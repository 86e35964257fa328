// Command engine is the swarm engine as a WASI reactor: the browser's body calls its exports.
//
// What it is: the only wasmexport in the house. Build it with
// GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared.
//
//	_initialize()            once, first
//	input() -> address       where the caller writes a record of package tape, at most InputMax bytes
//	birth(length) -> ok      an engine is born from the birth record there; 1, or 0 if it is malformed
//	step(length) -> length   the input record there is stepped; that many bytes of output records stand at output(),
//	                         or -1 if the record is malformed
//	output() -> address      of the last step's outputs; changes from step to step
//	wake() -> us             when to step a Tick if nothing else happens, or -1
//
// Who calls it: web/engine, and the contract test that replays tapes.
// What it owns: one engine and two buffers.
// What it will never do: see a clock or chance: a shim with constant ones runs it.
package main
