package state_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/inventory/state"
	"github.com/pcf-scan/pcf-scan/inventory/state/statetest"
)

func TestConformance(t *testing.T) {
	t.Run("directory", func(t *testing.T) {
		statetest.Run(t, func(t *testing.T, now func() time.Time) func() state.Store {
			path := t.TempDir()
			return func() state.Store {
				s, err := state.OpenDir(path, now)
				require.NoError(t, err)
				return s
			}
		})
	})
	t.Run("memory", func(t *testing.T) {
		statetest.Run(t, func(_ *testing.T, now func() time.Time) func() state.Store {
			m := &state.Memory{Now: now}
			return func() state.Store { return m }
		})
	})
}
