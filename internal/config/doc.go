// Package config reads the TOML files of bitline (chips, jobs, networks)
// strictly: every fault of a document is found in one pass and reported as one
// line that names file, line and key and says what was wanted,
//
//	chips/mine.toml:12: key adc.bits is 40, want 1 to 16
//
// A reader loads a document, asks its Table for each key that it knows, with a
// default, and calls Finish, which adds the keys that nobody asked for:
//
//	root, err := config.Load(config.Source{Embedded: files, Kind: "chips"}, "isaac-ce", sets)
//	if err != nil {
//		return err
//	}
//	adc := root.Table("adc")
//	bits := adc.Int("bits", 8, 1, 16)
//	rate := adc.Frequency("rate", 1280*units.Megahertz)
//	return root.Finish()
//
// A document may start from another (base = "other.toml") and single keys may
// be overridden (--set adc.bits=5); every key remembers where it was written.
package config
