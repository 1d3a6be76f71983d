package rules

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestIgnoreErrors: a mistake is told when the expression is compiled, on one line.
func TestIgnoreErrors(t *testing.T) {
	for _, tt := range []struct{ why, expr, want string }{
		{"a misspelt name", "int(valu) >= 2", `compile ignore.when "int(valu) >= 2": valu is not known here (did you mean value?)`},
		{"a variable of rules alone", "resource.name == value", "resource is not known here"},
		{"not a truth value", "value", "gives dyn, not bool"},
		{"broken over two lines", "value ==\n", `compile ignore.when "value ==\n": Syntax error`},
	} {
		t.Run(tt.why, func(t *testing.T) {
			_, err := CompileIgnore(tt.expr)
			assert.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}
