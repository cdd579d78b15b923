package sweep

import (
	"math"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/types"

	"bitline/internal/config"
)

// operand is a column in a condition.
type operand struct {
	column *Column
	kind   types.Type
	// read is what texts of settings stand for, where they are more than texts: the
	// values of all rows, if there are few; nil for other columns.
	read map[string]any
}

// newOperand finds the kind of a column's values, any where they differ. Columns of
// integers of which one is missing are numbers, as there is no integer that is none.
func newOperand(c *Column) *operand {
	o := &operand{column: c, kind: types.Float64}
	switch {
	case c.Kind == Truth:
		o.kind = types.Bool
	case c.Kind == Integer && !slices.Contains(c.kinds, Missing):
		o.kind = types.Int
	case c.Kind == Text:
		o.kind = types.String
	}
	return o
}

// readSettings reads a column of settings, unless they are all numbers or truths.
func (o *operand) readSettings() {
	if o.column.Kind != Text {
		return
	}
	o.read = map[string]any{}
	mixed, texts := false, true
	for row := range o.column.kinds {
		v := o.value(row)
		kind := kindOf(v)
		mixed = mixed || row > 0 && !kind.Equal(o.kind)
		_, isText := v.(string)
		texts = texts && isText
		o.kind = kind
	}
	switch {
	case texts:
		o.read = nil
	case mixed:
		o.kind = types.Any
	}
}

// value is a row's value.
func (o *operand) value(row int) any {
	v := o.column.Value(row)
	switch {
	case o.read != nil:
		return o.reading(v.Text)
	case o.column.Kind == Text:
		return v.Text
	case o.column.Kind == Truth:
		return v.Number != 0
	case o.kind == types.Int:
		return int(v.Number)
	case v.Kind == Missing:
		return math.NaN()
	}
	return v.Number
}

// reading is what the text of a setting stands for.
func (o *operand) reading(text string) any {
	v, known := o.read[text]
	if !known {
		v = settingOf(text)
		if len(o.read) < keptStrings {
			o.read[text] = v
		}
	}
	return v
}

// settingOf is a setting as constraints see it, of the text that results have of it:
// an int, a float64, a bool, a list of them, or a string.
func settingOf(text string) any {
	v := literalValue(text)
	switch v.Kind {
	case Integer:
		return int(v.Number)
	case Number:
		return v.Number
	case Truth:
		return v.Number != 0
	}
	if strings.HasPrefix(text, "[") {
		if t, err := config.Parse("", nil, []string{"value=" + text}); err == nil {
			if list, _ := t.Value("value"); list != nil {
				return seen(list)
			}
		}
	}
	return seen(text)
}

// match makes of a text that is compared with the operand what a setting of that text
// would be.
func (o *operand) match(operator string, other *ast.Node) {
	if o.read == nil {
		return
	}
	switch v := (*other).(type) {
	case *ast.StringNode:
		if slices.Contains([]string{"==", "!=", "<", "<=", ">", ">="}, operator) {
			o.convert(other, v.Value)
		}
	case *ast.ArrayNode:
		for i, item := range v.Nodes {
			if text, ok := item.(*ast.StringNode); ok && operator == "in" {
				o.convert(&v.Nodes[i], text.Value)
			}
		}
	}
}

// convert puts what a text stands for in its place.
func (o *operand) convert(node *ast.Node, text string) {
	switch v := settingOf(text).(type) {
	case int:
		ast.Patch(node, &ast.IntegerNode{Value: v})
	case float64:
		ast.Patch(node, &ast.FloatNode{Value: v})
	case bool:
		ast.Patch(node, &ast.BoolNode{Value: v})
	case []any:
		ast.Patch(node, &ast.ConstantNode{Value: v})
	}
}
