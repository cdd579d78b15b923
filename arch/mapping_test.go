package arch_test

import (
	"reflect"
	"testing"

	"bitline/arch"
	"bitline/internal/config"
)

func readMapping(t *testing.T, text string) (arch.Mapping, error) {
	t.Helper()
	table, err := config.Parse("chip.toml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	m := arch.ReadMapping(table.Table("mapping"))
	return m, table.Finish()
}

func TestReadMapping(t *testing.T) {
	tests := []struct {
		name, text string
		want       arch.Mapping
	}{
		{"defaults", "", arch.Mapping{Replicate: "none", Place: "near-consumer", Deal: "striped", Batch: 1}},
		{"balanced", "[mapping]\nreplicate = \"balanced\"\ncrossbars = 1000\nplace = \"in-order\"\ndeal = \"cyclic\"\nrounds = true\nbatch = 8\n",
			arch.Mapping{Replicate: "balanced", Crossbars: 1000, Place: "in-order", Deal: "cyclic", Rounds: true, Batch: 8}},
		{"by hand", "[mapping]\nreplicate = \"by-hand\"\n[mapping.copies]\nconv1 = 4\nconv2 = 2\n",
			arch.Mapping{Replicate: "by-hand", Copies: map[string]int{"conv1": 4, "conv2": 2}, Place: "near-consumer", Deal: "striped", Batch: 1}},
		{"pinned", "[mapping]\nreplicate = \"isaac\"\n[mapping.copies]\n\"a.b\" = 1\n",
			arch.Mapping{Replicate: "isaac", Copies: map[string]int{"a.b": 1}, Place: "near-consumer", Deal: "striped", Batch: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readMapping(t, tt.text)
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}

func TestReadMappingFaults(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"words and ranges", "[mapping]\nreplicate = \"balance\"\nplace = \"near\"\ncrossbars = 0\nbatch = 0\ndeal = \"stripes\"\nrounds = true\n",
			"chip.toml:2: key mapping.replicate is \"balance\", want none | balanced | isaac | by-hand, did you mean balanced?\n" +
				"chip.toml:3: key mapping.place is \"near\", want in-order | near-consumer\n" +
				"chip.toml:4: key mapping.crossbars is 0, want 1 to 1099511627776\n" +
				"chip.toml:5: key mapping.batch is 0, want 1 to 1048576\n" +
				"chip.toml:6: key mapping.deal is \"stripes\", want cyclic | striped, did you mean striped?"},
		{"copies", "[mapping]\nreplicate = \"by-hand\"\n[mapping.copies]\nconv1 = 0\nconv2 = \"2\"\n",
			"chip.toml:4: key mapping.copies.conv1 is 0, want 1 to 1048576\n" +
				"chip.toml:5: key mapping.copies.conv2 is \"2\", want an integer 1 to 1048576"},
		{"copies without a rule", "[mapping.copies]\nconv1 = 2\n",
			"chip.toml:1: key mapping.copies names layers with replicate = \"none\", want replicate = \"by-hand\", or a rule under which they are pinned"},
		{"budget by hand", "[mapping]\nreplicate = \"by-hand\"\ncrossbars = 10\n",
			"chip.toml:3: key mapping.crossbars is 10 with replicate = \"by-hand\", want it with \"balanced\" or \"isaac\" only"},
		{"batch without rounds", "[mapping]\nbatch = 2\n", "chip.toml:2: key mapping.batch is 2 without rounds = true, want it with rounds only"},
		{"unknown key", "[mapping]\nreplicates = \"none\"\n", "chip.toml:2: unknown key mapping.replicates, did you mean mapping.replicate?"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := readMapping(t, tt.text); err == nil || err.Error() != tt.want {
				t.Errorf("got\n%v\nwant\n%s", err, tt.want)
			}
		})
	}
}
