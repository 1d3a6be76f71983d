package simcloud

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/relation"
	"github.com/pcf-scan/pcf-scan/reaper"
)

// ErrEmpty makes a listing answer with success and with nothing: the answer of a service
// that is broken and does not know it.
var ErrEmpty = errors.New("an empty answer")

// pageSize is how many resources one answer of a listing holds.
const pageSize = 10

// Scan reads the whole account as a reader of inventories does, type by type and page by
// page. A page that fails leaves a gap where it failed, and what was read before it.
func (c *Cloud) Scan(ctx context.Context) (*inventory.Snapshot, error) {
	s := &inventory.Snapshot{Scope: c.snapshot.Scope}
	s.Scope.Types = []string{"*"}
	type cell struct{ account, region, typ string }
	pages := map[cell][]*inventory.Resource{}
	var cells []cell
	for _, r := range slices.SortedFunc(maps.Values(c.resources), inventory.CompareResources) {
		at := cell{r.Ref.Account, r.Ref.Region, r.Ref.Type}
		if !slices.Contains(cells, at) {
			cells = append(cells, at)
		}
		if seen := c.seen(r.Ref); seen != nil {
			pages[at] = append(pages[at], clone(seen))
		}
	}
	for _, at := range cells {
		for page := range slices.Chunk(pages[at], pageSize) {
			_, err := c.draw(ctx, Call{Op: "List", Ref: inventory.Ref{Partition: s.Scope.Partition, Account: at.account, Region: at.region, Type: at.typ}})
			if ended := ctx.Err(); ended != nil {
				return nil, fmt.Errorf("scan simulated cloud: %w", ended)
			}
			if errors.Is(err, ErrEmpty) {
				break
			}
			if err != nil {
				s.Gaps = append(s.Gaps, inventory.Gap{Account: at.account, Region: at.region, Type: at.typ, Reason: reasonOf(err), Message: err.Error()})
				break
			}
			s.Resources = append(s.Resources, page...)
		}
	}
	s.Sort()
	relation.Resolve(s)
	return s, nil
}

func reasonOf(err error) inventory.GapReason {
	switch {
	case errors.Is(err, reaper.ErrDenied), errors.Is(err, reaper.ErrExpired):
		return inventory.Denied
	case errors.Is(err, reaper.ErrThrottled):
		return inventory.Throttled
	case errors.Is(err, context.DeadlineExceeded):
		return inventory.Timeout
	}
	return inventory.Failed
}
