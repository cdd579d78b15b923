package config

import (
	"path/filepath"
	"testing"
)

func TestBeside(t *testing.T) {
	for _, tt := range []struct{ document, name, want string }{
		{"quickstart", "bitslice-8bit", "bitslice-8bit"},
		{"quickstart", "chip.toml", "chip.toml"},
		{"dir/job.toml", "chip.toml", "dir/chip.toml"},
		{"dir/job.toml", "isaac-ce", "isaac-ce"},
		{"dir/job.toml", "../chip.toml", "chip.toml"},
		{"dir/job.toml", "/abs/chip.toml", "/abs/chip.toml"},
		{"job.toml", "./x", "./x"},
		{"job.toml", "chip.toml", "chip.toml"},
	} {
		if got := Beside(tt.document, tt.name, ".toml"); got != tt.want {
			t.Errorf("Beside(%q, %q) = %q, want %q", tt.document, tt.name, got, tt.want)
		}
	}
}

// A checkpoint's file of the working directory is found from a document's folder.
func TestNameBeside(t *testing.T) {
	for _, tt := range []struct{ document, name, want string }{
		{"quickstart", "mnist-mlp-dense", "mnist-mlp-dense"},
		{"quickstart", "c.safetensors", "c.safetensors"},
		{"dir/job.toml", "mnist-mlp-dense", "mnist-mlp-dense"},
		{"dir/job.toml", "c.safetensors", "../c.safetensors"},
		{"dir/job.toml", "dir/c.safetensors", "c.safetensors"},
		{"dir/job.toml", "dir/c", "./c"},
		{"dir/job.toml", "/abs/c.safetensors", "/abs/c.safetensors"},
		{"job.toml", "./c", "./c"},
		{"../job.toml", "../c.safetensors.gz", "c.safetensors.gz"},
	} {
		got, err := NameBeside(tt.document, tt.name, ".safetensors")
		if back := Beside(tt.document, got, ".safetensors"); err != nil || got != tt.want || filepath.Clean(back) != filepath.Clean(tt.name) {
			t.Errorf("NameBeside(%q, %q) = %q (%v), which is %q; want %q", tt.document, tt.name, got, err, back, tt.want)
		}
	}
	dir := t.TempDir()
	t.Chdir(dir)
	if got, err := NameBeside("/abs/job.toml", "c.safetensors", ".safetensors"); err != nil || got != filepath.Join(dir, "c.safetensors") {
		t.Errorf("elsewhere it is %q (%v), want its whole path", got, err)
	}
}
