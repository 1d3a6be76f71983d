package awscloud

import (
	"context"
	"fmt"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

// BackupTag stands on the backups of what is deleted, with the id of what was backed up.
const BackupTag = "pcf:backup"

// tokenTag stands on backups that have no name of their own choice, so that a second try
// finds what the first one made.
const tokenTag = "pcf:token"

// A backup is how the data of the resources of one type is saved.
type backup struct {
	// typ is what the backup itself is called in plans and in the ledger.
	typ string
	// calls are the operations of begin and look with their IAM actions, as in Writer.
	calls map[string]string
	// notFound are the error codes by which the service says that the backup is not there.
	notFound []string
	// begin begins a backup and returns its id. When it was begun with the same name before,
	// it returns that one. The name has at most 36 characters: a-z, 0-9 and "-".
	begin func(ctx context.Context, c *call, name string) (id string, err error)
	// look returns the state of the backup that the call refers to, and when it was made. nil
	// where a writer of its type observes it.
	look func(ctx context.Context, c *call) (state string, made *time.Time, err error)
}

var _ reaper.Keeper = (*Cloud)(nil)

// BacksUp implements reaper.Keeper.
func (*Cloud) BacksUp(typ string) bool {
	return registered[typ] != nil && registered[typ].backup != nil
}

// Backup implements reaper.Keeper.
func (c *Cloud) Backup(ctx context.Context, live *inventory.Resource, token string) (inventory.Ref, string, error) {
	made := live.Ref
	request, err := c.mutate(ctx, "back up", toSave, live.Ref, nil, func(ctx context.Context, w *Writer, k *call) (err error) {
		if w.backup == nil {
			return reaper.ErrUnsupported
		}
		made.Type = w.backup.typ
		made.ID, err = w.backup.begin(ctx, k, token)
		if err == nil && made.ID == "" {
			err = fmt.Errorf("%w: the answer does not name the backup", reaper.ErrUnavailable)
		}
		return err
	})
	if err != nil {
		return inventory.Ref{}, request, err
	}
	return made, request, nil
}

// savedAs returns the writer whose backups are of a type and observed by it; nil for any
// other type.
func savedAs(typ string) *Writer {
	for _, w := range sortedWriters() {
		if w.backup != nil && w.backup.typ == typ && w.backup.look != nil {
			return w
		}
	}
	return nil
}

// observeBackup is Observe for what a writer backed up.
func (c *Cloud) observeBackup(ctx context.Context, w *Writer, ref inventory.Ref) (*inventory.Resource, error) {
	source := ref
	source.Type = w.Type
	_, k, err := c.open(ctx, "observe", source)
	if err != nil {
		return nil, err
	}
	k.ref = ref
	state, made, err := w.backup.look(withGrant(ctx, grant{calls: w.backup.calls}), k.reading())
	if err != nil {
		return nil, (&Writer{NotFound: w.backup.notFound}).explain(ctx, "observe", ref, nil, err)
	}
	return &inventory.Resource{Ref: ref, State: state, Created: sdk.ToTime(made), Properties: inventory.Properties{}}, nil
}
