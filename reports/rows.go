package reports

import (
	"encoding/csv"
	"fmt"
	"io"
)

// CSV writes rows below a header as comma-separated values (RFC 4180) for lists that are no
// Result, such as a history. Cells are made inert: no spreadsheet takes one for a formula. It
// returns the writer's error.
func CSV(w io.Writer, header []string, rows [][]string) error {
	out := csv.NewWriter(w)
	for _, row := range append([][]string{header}, rows...) {
		clean := make([]string, len(row))
		for i, text := range row {
			clean[i] = cell(text)
		}
		if err := out.Write(clean); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
