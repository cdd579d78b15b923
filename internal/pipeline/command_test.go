package pipeline

import (
	"slices"
	"testing"
)

// What is suggested to a user can be pasted into a shell.
func TestCommand(t *testing.T) {
	for _, tt := range []struct {
		command Command
		want    string
	}{
		{Command{Job: "job"}, "bitline run job"},
		{Command{Job: "job", Sets: []string{"adc.bits=4", "adc.law=linear"}}, "bitline run job --set adc.bits=4 --set adc.law=linear"},
		{Command{Job: "job", Sets: []string{"adc.bits=[4,4,4,2]"}}, "bitline run job --set 'adc.bits=[4,4,4,2]'"},
		{Command{Job: "job", Sets: []string{"name=it's"}}, `bitline run job --set 'name=it'\''s'`},
		{Command{Chip: "my chip.toml", Network: "lenet-5", Checkpoint: "a.safetensors", Data: "my data", More: []string{"--html", "my page.html"}},
			"bitline run --chip 'my chip.toml' --network lenet-5 --checkpoint a.safetensors --data 'my data' --html 'my page.html'"},
		{Command{Job: "job", Train: true, Data: "data"}, "bitline run job --train --data data"},
	} {
		if got := tt.command.String(); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

// An override takes the place of what set its key before, by --set or a flag of its
// own: a command that says both says one thing twice, or is refused.
func TestCommandWith(t *testing.T) {
	for _, tt := range []struct {
		command Command
		more    []string
		want    string
	}{
		{Command{Job: "job", Sets: []string{"adc.bits=3", "adc.law=linear", " adc.bits =4"}}, []string{"adc.bits=5"}, "bitline run job --set adc.law=linear --set adc.bits=5"},
		{Command{Job: "job", Sets: []string{"adc.bits=3"}}, []string{"adc.kind=reconfigurable", "adc.per_ima=4"}, "bitline run job --set adc.bits=3 --set adc.kind=reconfigurable --set adc.per_ima=4"},
		{Command{Job: "job", Sets: []string{"chip=puma"}}, []string{"chip=isaac-ce"}, "bitline run job --set chip=isaac-ce"},
		{Command{Job: "job", Chip: "puma"}, []string{"chip=isaac-ce"}, "bitline run job --chip isaac-ce"},
		{Command{Job: "job", Sets: []string{"adc.bits=3"}}, nil, "bitline run job --set adc.bits=3"},
	} {
		before := slices.Clone(tt.command.Sets)
		if got := tt.command.with(tt.more...).String(); got != tt.want {
			t.Errorf("%s with %q: got %s, want %s", tt.command, tt.more, got, tt.want)
		}
		if !slices.Equal(tt.command.Sets, before) {
			t.Errorf("%q became %q, want it left alone", before, tt.command.Sets)
		}
	}
}
