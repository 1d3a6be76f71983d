package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
)

func init() {
	register(Reader{
		Type: "AWS::EKS::Cluster",
		Calls: map[string]string{
			"EKS.ListClusters":    "eks:ListClusters",
			"EKS.DescribeCluster": "eks:DescribeCluster",
		},
		Reads: append([]string{"/Arn", "/Name"}, describedEKSCluster...),
		list: func(ctx context.Context, c *cell) error {
			client := eks.NewFromConfig(c.cfg)
			return eksClusters(ctx, client, func(name string) { c.eksCluster(ctx, client, name) })
		},
	})
}

// describedEKSCluster is what the description of a cluster tells.
var describedEKSCluster = []string{
	"/AccessConfig/AuthenticationMode", "/CertificateAuthorityData", "/ClusterSecurityGroupId", "/ComputeConfig",
	"/ControlPlaneScalingConfig", "/DeletionProtection", "/EncryptionConfig", "/EncryptionConfigKeyArn", "/Endpoint", "/Id",
	"/KubernetesNetworkConfig", "/Logging", "/OpenIdConnectIssuerUrl", "/OutpostConfig", "/RemoteNetworkConfig",
	"/ResourcesVpcConfig", "/RoleArn", "/StorageConfig", "/Tags", "/UpgradePolicy", "/Version", "/ZonalShiftConfig",
}

func (c *cell) eksCluster(ctx context.Context, client *eks.Client, name string) {
	it := c.item(name, c.arn("eks", "cluster/"+name))
	it.set("Name", name)
	it.set("Arn", it.ARN)
	out, err := client.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: &name})
	if gone(err, eksGone) {
		return
	}
	if it.read(notEmpty(err, "EKS.DescribeCluster", out != nil && out.Cluster != nil), describedEKSCluster...) {
		cluster := out.Cluster
		it.merge(cluster, nil)
		if a := cluster.CertificateAuthority; a != nil {
			it.set("CertificateAuthorityData", a.Data)
		}
		if i := cluster.Identity; i != nil && i.Oidc != nil {
			it.set("OpenIdConnectIssuerUrl", i.Oidc.Issuer)
		}
		if v := cluster.ResourcesVpcConfig; v != nil {
			it.set("ClusterSecurityGroupId", v.ClusterSecurityGroupId)
		}
		if e := cluster.EncryptionConfig; len(e) > 0 && e[0].Provider != nil {
			it.set("EncryptionConfigKeyArn", e[0].Provider.KeyArn)
		}
		it.set("Logging", clusterLogging(cluster.Logging))
		delete(it.props, "Tags") // a map in EKS, a list in CloudFormation
		it.tag(cluster.Tags)
		it.State = string(cluster.Status)
		it.created(cluster.CreatedAt)
	}
	c.emit(it)
}

// clusterLogging keeps the log types that are enabled; EKS lists the others too.
func clusterLogging(l *types.Logging) any {
	enabled := []map[string]any{}
	if l != nil {
		for _, setup := range l.ClusterLogging {
			for _, kind := range setup.Types {
				if sdk.ToBool(setup.Enabled) {
					enabled = append(enabled, map[string]any{"Type": kind})
				}
			}
		}
	}
	return map[string]any{"ClusterLogging": map[string]any{"EnabledTypes": enabled}}
}
