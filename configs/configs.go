// Package configs holds the shipped chips, networks, jobs, studies, sweeps and checkpoints, embedded
// in the program so that a name such as isaac-ce works from any folder.
package configs

import (
	"embed"
	"io/fs"
)

// The pattern names no folder, so that a folder without files is no fault of
// the build.
//
//go:embed */*.toml checkpoints/*.safetensors.gz
var files embed.FS

// Files holds KIND/NAME.toml, where KIND is chips, networks, jobs, studies or sweeps;
// checkpoints/NAME.safetensors.gz; and init, from which users start files of their own.
// It is read-only.
func Files() fs.FS { return files }
