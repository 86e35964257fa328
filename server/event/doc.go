// Package event holds the facts that rooms tell one another, in the past tense.
//
// What it is: values. A fact says what happened, to which channel, and no more than its hearers need.
// Who calls it: every server room, through server/bus.
// What it owns: nothing.
// What it will never do: carry media bytes, secrets or viewers' addresses.
package event
