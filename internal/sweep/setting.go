// Package sweep explores a base job over axes of configuration keys, and keeps
// what became of every point.
package sweep

// Setting is one axis's value at a point: a key with a TOML literal, as after
// --set key=, or the name of an axis of variants with the name of one of them.
type Setting struct{ Key, Value string }
