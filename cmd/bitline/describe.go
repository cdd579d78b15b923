package main

import (
	"context"
	"fmt"

	"bitline/arch"
	"bitline/internal/atomicfile"
	"bitline/internal/pipeline"
	"bitline/internal/report"

	"github.com/spf13/cobra"
)

func newDescribe(term terminal) *cobra.Command {
	var sets []string
	var json, against, network string
	c := &cobra.Command{
		Use:   "describe CHIP",
		Short: "Print a chip's bill of materials, peak figures and programming",
		Long: `Print how a chip is built (network, links, memory, accumulators, scaling), every
component's count, power and area, the totals per IMA, tile, chip and system, the
peak figures, the energy of a multiply-accumulate by component, what it takes to
program the cells, and which figures are assumed. CHIP is the name of a shipped
chip or a file. --against puts a second chip beside it, which must be of the same
technology node or scaled to it. --network shows instead how a network lies on the
chip: copies, crossbars and tiles of each layer, utilisation, what one image moves
between tiles, and what it takes to load the weights.`,
		Example: `  bitline describe isaac-ce
  bitline describe bitslice-8bit --set 'adc.bits=[3,3,3,1]' --json chip.json
  bitline describe isaac-ce --against isaac-ce-events
  bitline describe isaac-ce --network resnet-18 --set mapping.replicate=balanced`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if network != "" && against != "" {
				return usageError{fmt.Errorf("--network and --against exclude each other")}
			}
			chip, err := pipeline.LoadChip(args[0], sets)
			if err != nil {
				return err
			}
			bill, err := chip.Bill()
			if err != nil {
				return err
			}
			if err := checkOutputs([]string{args[0], against, network}, output{"--json", json}); err != nil {
				return err
			}
			described := description{Description: bill.Describe()}
			if network != "" {
				if described.Mapping, err = mapOnto(c.Context(), chip, network); err != nil {
					return err
				}
			}
			var other *arch.Chip
			if against != "" {
				if other, err = pipeline.LoadChip(against, nil); err != nil {
					return err
				}
			}
			if json != "" {
				content, err := report.JSON(described)
				if err != nil {
					return err
				}
				if err := atomicfile.Write(json, content); err != nil {
					return err
				}
			}
			if network != "" {
				return described.Mapping.WriteText(term.out, chip)
			}
			if against == "" {
				return bill.WriteText(term.out)
			}
			return arch.WriteComparison(term.out, chip, other)
		},
	}
	setFlag(c, &sets, "chip")
	c.Flags().StringVar(&json, "json", "", "write the description as JSON to this file")
	c.Flags().StringVar(&against, "against", "", "print the chip side by side with this one; --set is for the first")
	c.Flags().StringVar(&network, "network", "", "print how this network, a name or a file, lies on the chip")
	return c
}

// description is a chip's, with the mapping of a network where one is asked for.
type description struct {
	arch.Description
	Mapping *pipeline.MappingResult `json:"mapping,omitempty"`
}

// mapOnto lays a network out on a chip.
func mapOnto(ctx context.Context, chip *arch.Chip, network string) (*pipeline.MappingResult, error) {
	net, err := pipeline.LoadNetwork(network)
	if err != nil {
		return nil, err
	}
	return pipeline.Map(ctx, chip, net)
}
