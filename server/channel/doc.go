// Package channel is the registry: which channels exist, who may publish to them, and which epoch is next.
//
// What it is: a Registry over rows. Adding a channel draws an Ed25519 identity, whose public key is the channel's id,
// and a stream key of 256 bits. The stream key is returned once; only its SHA-256 rests. The identity's seed rests
// sealed by AES-256-GCM under the secret of the data directory (file secret.key, mode 0600, drawn on first start), with
// the channel's id as associated data: a copy of the database alone signs nothing, and a sealed seed moved to another
// row does not open. Whoever has both files is the channel: keep their backups apart, or guard both.
// Who calls it: live (epochs, signers, admitting publishers), api and the command line (adding, listing).
// What it owns: the rules of names, keys and epochs, and secret.key.
// What it will never do: hand out a private key, keep or log a stream key, give the same epoch twice.
package channel
