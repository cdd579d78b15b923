package main

import (
	"bitline/internal/atomicfile"
	"bitline/internal/pipeline"
	"bitline/internal/report"

	"github.com/spf13/cobra"
)

func newDescribe(term terminal) *cobra.Command {
	var sets []string
	var json string
	c := &cobra.Command{
		Use:   "describe CHIP",
		Short: "Print a chip's bill of materials and peak figures",
		Long: `Print every component's count, power and area, the totals per IMA, tile and chip,
the peak figures, the converter law, and which figures are assumed. CHIP is the
name of a shipped chip or a file.`,
		Example: `  bitline describe isaac-ce
  bitline describe bitslice-8bit --set 'adc.bits=[3,3,3,1]' --json chip.json`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			chip, err := pipeline.LoadChip(args[0], sets)
			if err != nil {
				return err
			}
			bill, err := chip.Bill()
			if err != nil {
				return err
			}
			if json != "" {
				content, err := report.JSON(bill.Describe())
				if err != nil {
					return err
				}
				if err := atomicfile.Write(json, content); err != nil {
					return err
				}
			}
			return bill.WriteText(term.out)
		},
	}
	setFlag(c, &sets)
	c.Flags().StringVar(&json, "json", "", "write the description as JSON to this file")
	return c
}
