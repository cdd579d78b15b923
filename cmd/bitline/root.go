package main

import (
	"fmt"
	"runtime/debug"

	"bitline/internal/gemm"

	"github.com/spf13/cobra"
)

func newRoot(term terminal) *cobra.Command {
	root := &cobra.Command{
		Use:   "bitline",
		Short: "A cycle-level simulator of ReRAM deep-learning accelerators",
		Long: `bitline trains networks whose weights are sparse bit slice by bit slice, replays
them bit for bit through ReRAM crossbars with converters of any resolution, times
the chip event by event, and reports accuracy, latency, energy and area.`,
		Example: `  bitline run                                    # digits, from training to report
  bitline run mnist-mlp --set 'adc.bits=[3,3,3,1]'
  bitline describe isaac-ce`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          usageArgs(cobra.NoArgs),
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetOut(term.out)
	root.SetErr(term.err)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w (see %s --help)", flagFault(c, err), c.CommandPath())}
	})
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error { return checkEmpty(c) }
	root.SetHelpCommand(newHelp())
	root.AddCommand(newRun(term), newTrain(term), newDescribe(term), newInit(term), newMVM(term), newData(term), newReproduce(term), newCompare(term), newSweep(term), newResults(term), newVersion(term))
	adjustCompletion(root)
	root.Version = versionLine()
	root.SetVersionTemplate("{{.Version}}\n")
	root.Flags().BoolP("version", "v", false, "print the version and the kernel class")
	flagsOnce(root)
	return root
}

func dataFlag(c *cobra.Command, dir *string) {
	c.Flags().StringVar(dir, "data", "", "folder of data sets (else $BITLINE_DATA, the user's cache)")
}

func newVersion(term terminal) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version and the kernel class",
		Example: "  bitline version",
		Args:    usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(term.out, versionLine())
			return err
		},
	}
}

func versionLine() string {
	return fmt.Sprintf("bitline %s, kernels %s", version(), gemm.KernelClass())
}

// version is what the Go toolchain recorded of the build.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && v == "(devel)" {
			v += " " + s.Value[:min(12, len(s.Value))]
		}
	}
	return fmt.Sprintf("%s (%s)", v, info.GoVersion)
}
