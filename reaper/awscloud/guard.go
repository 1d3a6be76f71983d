package awscloud

import (
	"context"
	"errors"
	"fmt"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	sdkmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
)

// ErrGuard is returned, before anything is sent, for every operation that the writer of the
// resource does not declare for what is being done.
var ErrGuard = errors.New("this operation is not declared for what is being done")

// errRehearsal ends a rehearsal: see Cloud.rehearse.
var errRehearsal = errors.New("it is only a rehearsal")

// A grant permits operations to one method of the Cloud. Nothing else makes one, so that a
// client without its context sends nothing at all.
type grant struct {
	calls     map[string]string
	rehearsal bool // nothing is sent
}

type grantKey struct{}

func withGrant(ctx context.Context, g grant) context.Context {
	return context.WithValue(ctx, grantKey{}, g)
}

// guarded returns cfg for the clients of one call: they send only what the context grants,
// and note the id of the newest request.
func guarded(cfg sdk.Config, c *call) sdk.Config {
	guard := middleware.InitializeMiddlewareFunc("PcfScanGuard",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			operation := sdkmiddleware.GetServiceID(ctx) + "." + sdkmiddleware.GetOperationName(ctx)
			g, _ := ctx.Value(grantKey{}).(grant)
			if g.calls[operation] == "" {
				return middleware.InitializeOutput{}, middleware.Metadata{}, fmt.Errorf("call %s: %w", operation, ErrGuard)
			}
			if g.rehearsal {
				return middleware.InitializeOutput{}, middleware.Metadata{}, errRehearsal
			}
			out, metadata, err := next.HandleInitialize(ctx, in)
			var failed interface{ ServiceRequestID() string }
			if id, ok := sdkmiddleware.GetRequestIDMetadata(metadata); ok {
				c.request = id
			} else if errors.As(err, &failed) {
				c.request = failed.ServiceRequestID()
			}
			return out, metadata, err
		})
	cfg = cfg.Copy()
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), func(stack *middleware.Stack) error {
		return stack.Initialize.Add(guard, middleware.After)
	})
	return cfg
}
