package arch

import (
	"path/filepath"
	"strings"

	"bitline/internal/config"
)

// Load reads the chip of that name, embedded in src or a file, with overrides
// such as "adc.bits=5", and validates it. A chip without a name of its own takes
// that of its file. The error holds every fault, a line each, with file, line
// and key.
func Load(src config.Source, name string, sets []string) (*Chip, error) {
	c, _, err := LoadDocument(src, name, config.Part{}, sets)
	return c, err
}

// LoadDocument is Load with the keys of a chip that another document gives, which
// stand over the chip's files and below the overrides. It gives the table that the
// chip was read from as well, whose TOML loads as the same chip.
func LoadDocument(src config.Source, name string, part config.Part, sets []string) (*Chip, *config.Table, error) {
	t, err := config.LoadUnder(src, name, part, sets)
	if err != nil {
		return nil, nil, err
	}
	c, err := Read(t)
	if err != nil {
		return nil, nil, err
	}
	if c.Name == "" {
		c.Name = strings.TrimSuffix(filepath.Base(name), ".toml")
	}
	return c, t, nil
}
