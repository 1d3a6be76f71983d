package awscloud

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/reaper"
)

// A distribution is changed and deleted only as it was read: the ETag of the configuration that
// was looked at goes along, and when somebody else was faster the service refuses, once.
func TestInvariant16_DistributionByItsETag(t *testing.T) {
	const config = `<DistributionConfig xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><CallerReference>a</CallerReference><Comment></Comment>` +
		`<Enabled>%</Enabled><Origins><Quantity>1</Quantity><Items><Origin><Id>o</Id><DomainName>x</DomainName></Origin></Items></Origins><DefaultCacheBehavior><TargetOriginId>o</TargetOriginId><ViewerProtocolPolicy>allow-all</ViewerProtocolPolicy></DefaultCacheBehavior></DistributionConfig>`
	for _, c := range []struct {
		why     string
		enabled string
		now     string // the ETag by the time of the write
		update  bool
		want    error
		writes  int
	}{
		{why: "nobody changed it", enabled: "false", now: "E1", writes: 1},
		{why: "somebody changed it between the look and the call", enabled: "false", now: "E2", want: reaper.ErrStale, writes: 1},
		{why: "it serves", enabled: "true", now: "E1", want: reaper.ErrBlocked},
		{why: "it is switched off as it was read", enabled: "true", now: "E1", update: true, writes: 1},
		{why: "somebody else changes it too", enabled: "true", now: "E2", update: true, want: reaper.ErrStale, writes: 1},
	} {
		t.Run(c.why, func(t *testing.T) {
			var matched []string
			cloud := answering(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					w.Header().Set("ETag", "E1")
					_, _ = w.Write([]byte(`<?xml version="1.0"?>` + strings.Replace(config, "%", c.enabled, 1)))
					return
				}
				matched = append(matched, r.Header.Get("If-Match"))
				if r.Header.Get("If-Match") != c.now {
					w.WriteHeader(http.StatusPreconditionFailed)
					_, _ = w.Write([]byte(`<ErrorResponse xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Error><Type>Sender</Type><Code>PreconditionFailed</Code><Message>changed</Message></Error></ErrorResponse>`))
					return
				}
				w.WriteHeader(http.StatusNoContent)
			})
			live := &inventory.Resource{
				Ref:        inventory.Ref{Partition: "aws", Account: "123456789012", Region: inventory.GlobalRegion, Type: "AWS::CloudFront::Distribution", ID: "E0DIST"},
				Properties: inventory.Properties{"DistributionConfig": map[string]any{"Enabled": c.enabled == "true"}},
			}
			var err error
			if c.update {
				_, err = cloud.Update(context.Background(), live, []plan.Change{{Path: "/DistributionConfig/Enabled", From: true, To: false}})
			} else {
				_, err = cloud.Delete(context.Background(), live, nil)
			}
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
			} else {
				require.NoError(t, err)
			}
			require.Len(t, matched, c.writes, "it is not tried again")
			for _, etag := range matched {
				assert.Equal(t, "E1", etag, "what was read is what is meant")
			}
		})
	}
}
