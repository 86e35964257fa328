// Package sign makes and checks the signatures of package manifest.
//
// What it is: Ed25519 (RFC 8032) and SHA-256 from the standard library around the records of manifest.
// Who calls it: origin signs; peer and tests verify. The browser does the same with WebCrypto.
// What it owns: nothing: keys are arguments.
// What it will never do: be linked into the browser's engine, which asks its body to check.
package sign
