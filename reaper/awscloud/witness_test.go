package awscloud

import (
	"context"
	"slices"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	sdkmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
)

// recordCalls adds a witness to the clients made of cfg: what it returns lists the
// operations that were sent since it was asked last, sorted, each once.
func recordCalls(cfg *sdk.Config) func() []string {
	var mu sync.Mutex
	seen := map[string]bool{}
	cfg.APIOptions = append(cfg.APIOptions, func(stack *middleware.Stack) error {
		return stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("Witness",
			func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
				mu.Lock()
				seen[sdkmiddleware.GetServiceID(ctx)+"."+sdkmiddleware.GetOperationName(ctx)] = true
				mu.Unlock()
				return next.HandleFinalize(ctx, in)
			}), middleware.Before)
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		all := sortedKeys(seen)
		clear(seen)
		return slices.Clip(all)
	}
}
