# Two roles for pcf-scan: one that reads, one that also tags and deletes. Make the second only
# where "reap --apply" is to run. Each may be assumed by one principal only.
# The policies are what "pcf-scan permissions --for scan" and "--for reap" print, in parts that IAM
# takes; a test of the project keeps them equal.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "trusted_role" {
  type        = string
  description = "ARN of the role that may assume them, such as that of the nightly job"
}

variable "with_reaper" {
  type        = bool
  default     = false
  description = "Whether the role that deletes is made as well"
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = [var.trusted_role]
    }
  }
}

resource "aws_iam_role" "reader" {
  name_prefix          = "pcf-scan-reader-"
  description          = "Reads for pcf-scan"
  max_session_duration = 7200
  assume_role_policy   = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_policy" "reader_1" {
  name_prefix = "pcf-scan-reader-1-"
  description = "Reads for pcf-scan, part 1"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "ReadAcm"
        Effect = "Allow"
        Action = [
          "acm:DescribeCertificate",
          "acm:ListCertificates",
          "acm:ListTagsForCertificate",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadApigateway"
        Effect = "Allow"
        Action = [
          "apigateway:GET",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadAthena"
        Effect = "Allow"
        Action = [
          "athena:GetWorkGroup",
          "athena:ListTagsForResource",
          "athena:ListWorkGroups",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadAutoscaling"
        Effect = "Allow"
        Action = [
          "autoscaling:DescribeAutoScalingGroups",
          "autoscaling:DescribeLaunchConfigurations",
          "autoscaling:DescribeLifecycleHooks",
          "autoscaling:DescribeNotificationConfigurations",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadBackup"
        Effect = "Allow"
        Action = [
          "backup:GetBackupPlan",
          "backup:GetBackupVaultAccessPolicy",
          "backup:GetBackupVaultNotifications",
          "backup:ListBackupPlans",
          "backup:ListBackupVaults",
          "backup:ListTags",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadBatch"
        Effect = "Allow"
        Action = [
          "batch:DescribeComputeEnvironments",
          "batch:DescribeJobQueues",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadCloudformation"
        Effect = "Allow"
        Action = [
          "cloudformation:DescribeStacks",
          "cloudformation:ListStackResources",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadCloudfront"
        Effect = "Allow"
        Action = [
          "cloudfront:GetDistributionConfig",
          "cloudfront:ListDistributions",
          "cloudfront:ListTagsForResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadCloudtrail"
        Effect = "Allow"
        Action = [
          "cloudtrail:DescribeTrails",
          "cloudtrail:GetEventSelectors",
          "cloudtrail:GetInsightSelectors",
          "cloudtrail:GetTrailStatus",
          "cloudtrail:ListTags",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadCloudwatch"
        Effect = "Allow"
        Action = [
          "cloudwatch:DescribeAlarms",
          "cloudwatch:GetDashboard",
          "cloudwatch:ListDashboards",
          "cloudwatch:ListTagsForResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadCodebuild"
        Effect = "Allow"
        Action = [
          "codebuild:BatchGetProjects",
          "codebuild:ListProjects",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadCognitoIdp"
        Effect = "Allow"
        Action = [
          "cognito-idp:DescribeUserPool",
          "cognito-idp:ListUserPools",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadConfig"
        Effect = "Allow"
        Action = [
          "config:DescribeConfigRules",
          "config:DescribeConfigurationRecorderStatus",
          "config:DescribeConfigurationRecorders",
          "config:ListTagsForResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadDax"
        Effect = "Allow"
        Action = [
          "dax:DescribeClusters",
          "dax:ListTags",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadDms"
        Effect = "Allow"
        Action = [
          "dms:DescribeReplicationInstances",
          "dms:ListTagsForResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadDynamodb"
        Effect = "Allow"
        Action = [
          "dynamodb:DescribeContinuousBackups",
          "dynamodb:DescribeTable",
          "dynamodb:DescribeTimeToLive",
          "dynamodb:ListTables",
          "dynamodb:ListTagsOfResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadEc2"
        Effect = "Allow"
        Action = [
          "ec2:DescribeAddresses",
          "ec2:DescribeCustomerGateways",
          "ec2:DescribeDhcpOptions",
          "ec2:DescribeEgressOnlyInternetGateways",
          "ec2:DescribeFlowLogs",
          "ec2:DescribeImages",
          "ec2:DescribeInstances",
          "ec2:DescribeInternetGateways",
          "ec2:DescribeKeyPairs",
          "ec2:DescribeLaunchTemplateVersions",
          "ec2:DescribeLaunchTemplates",
          "ec2:DescribeManagedPrefixLists",
          "ec2:DescribeNatGateways",
          "ec2:DescribeNetworkAcls",
          "ec2:DescribeNetworkInterfaces",
          "ec2:DescribePlacementGroups",
          "ec2:DescribeRegions",
          "ec2:DescribeRouteTables",
          "ec2:DescribeSecurityGroups",
          "ec2:DescribeSnapshotAttribute",
          "ec2:DescribeSnapshots",
          "ec2:DescribeSubnets",
          "ec2:DescribeTransitGatewayVpcAttachments",
          "ec2:DescribeTransitGateways",
          "ec2:DescribeVolumes",
          "ec2:DescribeVpcAttribute",
          "ec2:DescribeVpcEndpoints",
          "ec2:DescribeVpcPeeringConnections",
          "ec2:DescribeVpcs",
          "ec2:DescribeVpnConnections",
          "ec2:DescribeVpnGateways",
          "ec2:GetEbsEncryptionByDefault",
          "ec2:GetManagedPrefixListEntries",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadEcr"
        Effect = "Allow"
        Action = [
          "ecr:DescribeRepositories",
          "ecr:GetLifecyclePolicy",
          "ecr:GetRepositoryPolicy",
          "ecr:ListTagsForResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadEcs"
        Effect = "Allow"
        Action = [
          "ecs:DescribeClusters",
          "ecs:DescribeServices",
          "ecs:DescribeTaskDefinition",
          "ecs:ListClusters",
          "ecs:ListServices",
          "ecs:ListTaskDefinitions",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadEks"
        Effect = "Allow"
        Action = [
          "eks:DescribeAddon",
          "eks:DescribeCluster",
          "eks:DescribeFargateProfile",
          "eks:DescribeNodegroup",
          "eks:ListAddons",
          "eks:ListClusters",
          "eks:ListFargateProfiles",
          "eks:ListNodegroups",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadElasticache"
        Effect = "Allow"
        Action = [
          "elasticache:DescribeCacheClusters",
          "elasticache:DescribeCacheParameterGroups",
          "elasticache:DescribeCacheParameters",
          "elasticache:DescribeCacheSubnetGroups",
          "elasticache:DescribeReplicationGroups",
          "elasticache:ListTagsForResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadElasticfilesystem"
        Effect = "Allow"
        Action = [
          "elasticfilesystem:DescribeBackupPolicy",
          "elasticfilesystem:DescribeFileSystemPolicy",
          "elasticfilesystem:DescribeFileSystems",
          "elasticfilesystem:DescribeLifecycleConfiguration",
          "elasticfilesystem:DescribeMountTargetSecurityGroups",
          "elasticfilesystem:DescribeMountTargets",
          "elasticfilesystem:DescribeReplicationConfigurations",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadElasticloadbalancing"
        Effect = "Allow"
        Action = [
          "elasticloadbalancing:DescribeListenerAttributes",
          "elasticloadbalancing:DescribeListeners",
          "elasticloadbalancing:DescribeLoadBalancerAttributes",
          "elasticloadbalancing:DescribeLoadBalancerPolicies",
          "elasticloadbalancing:DescribeLoadBalancers",
          "elasticloadbalancing:DescribeTags",
          "elasticloadbalancing:DescribeTargetGroupAttributes",
          "elasticloadbalancing:DescribeTargetGroups",
          "elasticloadbalancing:DescribeTargetHealth",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadElasticmapreduce"
        Effect = "Allow"
        Action = [
          "elasticmapreduce:DescribeCluster",
          "elasticmapreduce:GetAutoTerminationPolicy",
          "elasticmapreduce:GetManagedScalingPolicy",
          "elasticmapreduce:ListBootstrapActions",
          "elasticmapreduce:ListClusters",
          "elasticmapreduce:ListInstanceFleets",
          "elasticmapreduce:ListInstanceGroups",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadEs"
        Effect = "Allow"
        Action = [
          "es:DescribeDomains",
          "es:DescribeElasticsearchDomains",
          "es:ListDomainNames",
          "es:ListTags",
        ]
        Resource = "*"
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "reader_1" {
  role       = aws_iam_role.reader.name
  policy_arn = aws_iam_policy.reader_1.arn
}

resource "aws_iam_policy" "reader_2" {
  name_prefix = "pcf-scan-reader-2-"
  description = "Reads for pcf-scan, part 2"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "ReadEvents"
        Effect = "Allow"
        Action = [
          "events:DescribeEventBus",
          "events:ListEventBuses",
          "events:ListRules",
          "events:ListTagsForResource",
          "events:ListTargetsByRule",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadFirehose"
        Effect = "Allow"
        Action = [
          "firehose:DescribeDeliveryStream",
          "firehose:ListDeliveryStreams",
          "firehose:ListTagsForDeliveryStream",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadFsx"
        Effect = "Allow"
        Action = [
          "fsx:DescribeFileSystems",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadGlacier"
        Effect = "Allow"
        Action = [
          "glacier:GetVaultAccessPolicy",
          "glacier:GetVaultLock",
          "glacier:GetVaultNotifications",
          "glacier:ListTagsForVault",
          "glacier:ListVaults",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadGlue"
        Effect = "Allow"
        Action = [
          "glue:GetDatabases",
          "glue:GetJobs",
          "glue:GetTags",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadGuardduty"
        Effect = "Allow"
        Action = [
          "guardduty:GetDetector",
          "guardduty:ListDetectors",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadIam"
        Effect = "Allow"
        Action = [
          "iam:GetAccessKeyLastUsed",
          "iam:GetAccountAuthorizationDetails",
          "iam:GetAccountPasswordPolicy",
          "iam:GetAccountSummary",
          "iam:GetCredentialReport",
          "iam:GetInstanceProfile",
          "iam:GetLoginProfile",
          "iam:GetOpenIDConnectProvider",
          "iam:GetSAMLProvider",
          "iam:ListAccessKeys",
          "iam:ListEntitiesForPolicy",
          "iam:ListInstanceProfiles",
          "iam:ListMFADevices",
          "iam:ListOpenIDConnectProviders",
          "iam:ListPolicyTags",
          "iam:ListRoles",
          "iam:ListSAMLProviders",
          "iam:ListUsers",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadKafka"
        Effect = "Allow"
        Action = [
          "kafka:ListClustersV2",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadKinesis"
        Effect = "Allow"
        Action = [
          "kinesis:DescribeStreamSummary",
          "kinesis:ListStreams",
          "kinesis:ListTagsForStream",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadKms"
        Effect = "Allow"
        Action = [
          "kms:DescribeKey",
          "kms:GetKeyPolicy",
          "kms:GetKeyRotationStatus",
          "kms:ListAliases",
          "kms:ListKeys",
          "kms:ListResourceTags",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadLambda"
        Effect = "Allow"
        Action = [
          "lambda:GetFunctionConcurrency",
          "lambda:GetPolicy",
          "lambda:ListEventSourceMappings",
          "lambda:ListFunctions",
          "lambda:ListLayerVersions",
          "lambda:ListLayers",
          "lambda:ListTags",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadLogs"
        Effect = "Allow"
        Action = [
          "logs:DescribeLogGroups",
          "logs:ListTagsForResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadMemorydb"
        Effect = "Allow"
        Action = [
          "memorydb:DescribeClusters",
          "memorydb:ListTags",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadRds"
        Effect = "Allow"
        Action = [
          "rds:DescribeDBClusterSnapshotAttributes",
          "rds:DescribeDBClusterSnapshots",
          "rds:DescribeDBClusters",
          "rds:DescribeDBInstances",
          "rds:DescribeDBParameterGroups",
          "rds:DescribeDBParameters",
          "rds:DescribeDBProxies",
          "rds:DescribeDBSnapshotAttributes",
          "rds:DescribeDBSnapshots",
          "rds:DescribeDBSubnetGroups",
          "rds:DescribeGlobalClusters",
          "rds:ListTagsForResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadRedshift"
        Effect = "Allow"
        Action = [
          "redshift:DescribeClusterSubnetGroups",
          "redshift:DescribeClusters",
          "redshift:DescribeLoggingStatus",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadRoute53"
        Effect = "Allow"
        Action = [
          "route53:GetHostedZone",
          "route53:ListHealthChecks",
          "route53:ListHostedZones",
          "route53:ListQueryLoggingConfigs",
          "route53:ListResourceRecordSets",
          "route53:ListTagsForResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadS3"
        Effect = "Allow"
        Action = [
          "s3:GetAccessPoint",
          "s3:GetAccessPointPolicy",
          "s3:GetAccountPublicAccessBlock",
          "s3:GetBucketAcl",
          "s3:GetBucketCORS",
          "s3:GetBucketLogging",
          "s3:GetBucketNotification",
          "s3:GetBucketObjectLockConfiguration",
          "s3:GetBucketOwnershipControls",
          "s3:GetBucketPolicy",
          "s3:GetBucketPublicAccessBlock",
          "s3:GetBucketTagging",
          "s3:GetBucketVersioning",
          "s3:GetBucketWebsite",
          "s3:GetEncryptionConfiguration",
          "s3:GetLifecycleConfiguration",
          "s3:GetReplicationConfiguration",
          "s3:ListAccessPoints",
          "s3:ListAllMyBuckets",
          "s3:ListTagsForResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadSagemaker"
        Effect = "Allow"
        Action = [
          "sagemaker:DescribeNotebookInstance",
          "sagemaker:ListNotebookInstances",
          "sagemaker:ListTags",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadSecretsmanager"
        Effect = "Allow"
        Action = [
          "secretsmanager:DescribeSecret",
          "secretsmanager:ListSecrets",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadServicediscovery"
        Effect = "Allow"
        Action = [
          "servicediscovery:ListNamespaces",
          "servicediscovery:ListTagsForResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadSns"
        Effect = "Allow"
        Action = [
          "sns:GetSubscriptionAttributes",
          "sns:GetTopicAttributes",
          "sns:ListSubscriptions",
          "sns:ListSubscriptionsByTopic",
          "sns:ListTagsForResource",
          "sns:ListTopics",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadSqs"
        Effect = "Allow"
        Action = [
          "sqs:GetQueueAttributes",
          "sqs:ListQueueTags",
          "sqs:ListQueues",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadSsm"
        Effect = "Allow"
        Action = [
          "ssm:DescribeParameters",
          "ssm:ListTagsForResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadStates"
        Effect = "Allow"
        Action = [
          "states:DescribeStateMachine",
          "states:ListStateMachines",
          "states:ListTagsForResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadSts"
        Effect = "Allow"
        Action = [
          "sts:GetCallerIdentity",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadTag"
        Effect = "Allow"
        Action = [
          "tag:GetResources",
        ]
        Resource = "*"
      },
      {
        Sid    = "ReadWafv2"
        Effect = "Allow"
        Action = [
          "wafv2:GetWebACL",
          "wafv2:ListTagsForResource",
          "wafv2:ListWebACLs",
        ]
        Resource = "*"
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "reader_2" {
  role       = aws_iam_role.reader.name
  policy_arn = aws_iam_policy.reader_2.arn
}

resource "aws_iam_role" "reaper" {
  count                = var.with_reaper ? 1 : 0
  name_prefix          = "pcf-scan-reaper-"
  description          = "Reads, tags and deletes for pcf-scan"
  max_session_duration = 7200
  assume_role_policy   = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_policy" "reaper_1" {
  count       = var.with_reaper ? 1 : 0
  name_prefix = "pcf-scan-reaper-1-"
  description = "Reads, tags and deletes for pcf-scan, part 1"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "UseAcm"
        Effect = "Allow"
        Action = [
          "acm:AddTagsToCertificate",
          "acm:DeleteCertificate",
          "acm:DescribeCertificate",
          "acm:ListCertificates",
          "acm:ListTagsForCertificate",
          "acm:RemoveTagsFromCertificate",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseApigateway"
        Effect = "Allow"
        Action = [
          "apigateway:DELETE",
          "apigateway:GET",
          "apigateway:POST",
          "apigateway:PUT",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseAthena"
        Effect = "Allow"
        Action = [
          "athena:GetWorkGroup",
          "athena:ListTagsForResource",
          "athena:ListWorkGroups",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseAutoscaling"
        Effect = "Allow"
        Action = [
          "autoscaling:CreateOrUpdateTags",
          "autoscaling:DeleteAutoScalingGroup",
          "autoscaling:DeleteLaunchConfiguration",
          "autoscaling:DeleteTags",
          "autoscaling:DescribeAutoScalingGroups",
          "autoscaling:DescribeLaunchConfigurations",
          "autoscaling:DescribeLifecycleHooks",
          "autoscaling:DescribeNotificationConfigurations",
          "autoscaling:UpdateAutoScalingGroup",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseBackup"
        Effect = "Allow"
        Action = [
          "backup:GetBackupPlan",
          "backup:GetBackupVaultAccessPolicy",
          "backup:GetBackupVaultNotifications",
          "backup:ListBackupPlans",
          "backup:ListBackupVaults",
          "backup:ListTags",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseBatch"
        Effect = "Allow"
        Action = [
          "batch:DescribeComputeEnvironments",
          "batch:DescribeJobQueues",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseCloudformation"
        Effect = "Allow"
        Action = [
          "cloudformation:DeleteStack",
          "cloudformation:DescribeStacks",
          "cloudformation:ListStackResources",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseCloudfront"
        Effect = "Allow"
        Action = [
          "cloudfront:DeleteDistribution",
          "cloudfront:GetDistributionConfig",
          "cloudfront:ListDistributions",
          "cloudfront:ListTagsForResource",
          "cloudfront:TagResource",
          "cloudfront:UntagResource",
          "cloudfront:UpdateDistribution",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseCloudtrail"
        Effect = "Allow"
        Action = [
          "cloudtrail:DescribeTrails",
          "cloudtrail:GetEventSelectors",
          "cloudtrail:GetInsightSelectors",
          "cloudtrail:GetTrailStatus",
          "cloudtrail:ListTags",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseCloudwatch"
        Effect = "Allow"
        Action = [
          "cloudwatch:DeleteAlarms",
          "cloudwatch:DescribeAlarms",
          "cloudwatch:GetDashboard",
          "cloudwatch:ListDashboards",
          "cloudwatch:ListTagsForResource",
          "cloudwatch:TagResource",
          "cloudwatch:UntagResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseCodebuild"
        Effect = "Allow"
        Action = [
          "codebuild:BatchGetProjects",
          "codebuild:ListProjects",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseCognitoIdp"
        Effect = "Allow"
        Action = [
          "cognito-idp:DeleteUserPool",
          "cognito-idp:DescribeUserPool",
          "cognito-idp:ListUserPools",
          "cognito-idp:TagResource",
          "cognito-idp:UntagResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseConfig"
        Effect = "Allow"
        Action = [
          "config:DescribeConfigRules",
          "config:DescribeConfigurationRecorderStatus",
          "config:DescribeConfigurationRecorders",
          "config:ListTagsForResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseDax"
        Effect = "Allow"
        Action = [
          "dax:DescribeClusters",
          "dax:ListTags",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseDms"
        Effect = "Allow"
        Action = [
          "dms:DescribeReplicationInstances",
          "dms:ListTagsForResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseDynamodb"
        Effect = "Allow"
        Action = [
          "dynamodb:CreateBackup",
          "dynamodb:DeleteTable",
          "dynamodb:DescribeBackup",
          "dynamodb:DescribeContinuousBackups",
          "dynamodb:DescribeTable",
          "dynamodb:DescribeTimeToLive",
          "dynamodb:ListBackups",
          "dynamodb:ListTables",
          "dynamodb:ListTagsOfResource",
          "dynamodb:TagResource",
          "dynamodb:UntagResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseEc2"
        Effect = "Allow"
        Action = [
          "ec2:AuthorizeSecurityGroupEgress",
          "ec2:AuthorizeSecurityGroupIngress",
          "ec2:CreateSnapshot",
          "ec2:CreateTags",
          "ec2:DeleteCustomerGateway",
          "ec2:DeleteDhcpOptions",
          "ec2:DeleteEgressOnlyInternetGateway",
          "ec2:DeleteFlowLogs",
          "ec2:DeleteInternetGateway",
          "ec2:DeleteKeyPair",
          "ec2:DeleteLaunchTemplate",
          "ec2:DeleteManagedPrefixList",
          "ec2:DeleteNatGateway",
          "ec2:DeleteNetworkAcl",
          "ec2:DeleteNetworkInterface",
          "ec2:DeletePlacementGroup",
          "ec2:DeleteRoute",
          "ec2:DeleteRouteTable",
          "ec2:DeleteSecurityGroup",
          "ec2:DeleteSnapshot",
          "ec2:DeleteSubnet",
          "ec2:DeleteTags",
          "ec2:DeleteTransitGateway",
          "ec2:DeleteTransitGatewayVpcAttachment",
          "ec2:DeleteVolume",
          "ec2:DeleteVpc",
          "ec2:DeleteVpcEndpoints",
          "ec2:DeleteVpcPeeringConnection",
          "ec2:DeleteVpnConnection",
          "ec2:DeleteVpnGateway",
          "ec2:DeregisterImage",
          "ec2:DescribeAddresses",
          "ec2:DescribeCustomerGateways",
          "ec2:DescribeDhcpOptions",
          "ec2:DescribeEgressOnlyInternetGateways",
          "ec2:DescribeFlowLogs",
          "ec2:DescribeImages",
          "ec2:DescribeInstances",
          "ec2:DescribeInternetGateways",
          "ec2:DescribeKeyPairs",
          "ec2:DescribeLaunchTemplateVersions",
          "ec2:DescribeLaunchTemplates",
          "ec2:DescribeManagedPrefixLists",
          "ec2:DescribeNatGateways",
          "ec2:DescribeNetworkAcls",
          "ec2:DescribeNetworkInterfaces",
          "ec2:DescribePlacementGroups",
          "ec2:DescribeRegions",
          "ec2:DescribeRouteTables",
          "ec2:DescribeSecurityGroups",
          "ec2:DescribeSnapshotAttribute",
          "ec2:DescribeSnapshots",
          "ec2:DescribeSubnets",
          "ec2:DescribeTransitGatewayVpcAttachments",
          "ec2:DescribeTransitGateways",
          "ec2:DescribeVolumes",
          "ec2:DescribeVpcAttribute",
          "ec2:DescribeVpcEndpoints",
          "ec2:DescribeVpcPeeringConnections",
          "ec2:DescribeVpcs",
          "ec2:DescribeVpnConnections",
          "ec2:DescribeVpnGateways",
          "ec2:DetachInternetGateway",
          "ec2:DetachVpnGateway",
          "ec2:DisassociateAddress",
          "ec2:DisassociateRouteTable",
          "ec2:GetEbsEncryptionByDefault",
          "ec2:GetManagedPrefixListEntries",
          "ec2:ReleaseAddress",
          "ec2:RevokeSecurityGroupEgress",
          "ec2:RevokeSecurityGroupIngress",
          "ec2:StartInstances",
          "ec2:StopInstances",
          "ec2:TerminateInstances",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseEcr"
        Effect = "Allow"
        Action = [
          "ecr:DeleteRepository",
          "ecr:DescribeRepositories",
          "ecr:GetLifecyclePolicy",
          "ecr:GetRepositoryPolicy",
          "ecr:ListTagsForResource",
          "ecr:TagResource",
          "ecr:UntagResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseEcs"
        Effect = "Allow"
        Action = [
          "ecs:DeleteCluster",
          "ecs:DeleteService",
          "ecs:DeregisterTaskDefinition",
          "ecs:DescribeClusters",
          "ecs:DescribeServices",
          "ecs:DescribeTaskDefinition",
          "ecs:ListClusters",
          "ecs:ListServices",
          "ecs:ListTaskDefinitions",
          "ecs:TagResource",
          "ecs:UntagResource",
          "ecs:UpdateService",
        ]
        Resource = "*"
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "reaper_1" {
  count      = var.with_reaper ? 1 : 0
  role       = aws_iam_role.reaper[0].name
  policy_arn = aws_iam_policy.reaper_1[0].arn
}

resource "aws_iam_policy" "reaper_2" {
  count       = var.with_reaper ? 1 : 0
  name_prefix = "pcf-scan-reaper-2-"
  description = "Reads, tags and deletes for pcf-scan, part 2"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "UseEks"
        Effect = "Allow"
        Action = [
          "eks:DeleteAddon",
          "eks:DeleteCluster",
          "eks:DeleteFargateProfile",
          "eks:DeleteNodegroup",
          "eks:DescribeAddon",
          "eks:DescribeCluster",
          "eks:DescribeFargateProfile",
          "eks:DescribeNodegroup",
          "eks:ListAddons",
          "eks:ListClusters",
          "eks:ListFargateProfiles",
          "eks:ListNodegroups",
          "eks:TagResource",
          "eks:UntagResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseElasticache"
        Effect = "Allow"
        Action = [
          "elasticache:AddTagsToResource",
          "elasticache:CreateSnapshot",
          "elasticache:DeleteCacheCluster",
          "elasticache:DeleteCacheSubnetGroup",
          "elasticache:DeleteReplicationGroup",
          "elasticache:DescribeCacheClusters",
          "elasticache:DescribeCacheParameterGroups",
          "elasticache:DescribeCacheParameters",
          "elasticache:DescribeCacheSubnetGroups",
          "elasticache:DescribeReplicationGroups",
          "elasticache:ListTagsForResource",
          "elasticache:RemoveTagsFromResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseElasticfilesystem"
        Effect = "Allow"
        Action = [
          "elasticfilesystem:DeleteFileSystem",
          "elasticfilesystem:DeleteMountTarget",
          "elasticfilesystem:DescribeBackupPolicy",
          "elasticfilesystem:DescribeFileSystemPolicy",
          "elasticfilesystem:DescribeFileSystems",
          "elasticfilesystem:DescribeLifecycleConfiguration",
          "elasticfilesystem:DescribeMountTargetSecurityGroups",
          "elasticfilesystem:DescribeMountTargets",
          "elasticfilesystem:DescribeReplicationConfigurations",
          "elasticfilesystem:TagResource",
          "elasticfilesystem:UntagResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseElasticloadbalancing"
        Effect = "Allow"
        Action = [
          "elasticloadbalancing:AddTags",
          "elasticloadbalancing:DeleteListener",
          "elasticloadbalancing:DeleteLoadBalancer",
          "elasticloadbalancing:DeleteTargetGroup",
          "elasticloadbalancing:DescribeListenerAttributes",
          "elasticloadbalancing:DescribeListeners",
          "elasticloadbalancing:DescribeLoadBalancerAttributes",
          "elasticloadbalancing:DescribeLoadBalancerPolicies",
          "elasticloadbalancing:DescribeLoadBalancers",
          "elasticloadbalancing:DescribeTags",
          "elasticloadbalancing:DescribeTargetGroupAttributes",
          "elasticloadbalancing:DescribeTargetGroups",
          "elasticloadbalancing:DescribeTargetHealth",
          "elasticloadbalancing:RemoveTags",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseElasticmapreduce"
        Effect = "Allow"
        Action = [
          "elasticmapreduce:DescribeCluster",
          "elasticmapreduce:GetAutoTerminationPolicy",
          "elasticmapreduce:GetManagedScalingPolicy",
          "elasticmapreduce:ListBootstrapActions",
          "elasticmapreduce:ListClusters",
          "elasticmapreduce:ListInstanceFleets",
          "elasticmapreduce:ListInstanceGroups",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseEs"
        Effect = "Allow"
        Action = [
          "es:DescribeDomains",
          "es:DescribeElasticsearchDomains",
          "es:ListDomainNames",
          "es:ListTags",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseEvents"
        Effect = "Allow"
        Action = [
          "events:DeleteEventBus",
          "events:DeleteRule",
          "events:DescribeEventBus",
          "events:DescribeRule",
          "events:DisableRule",
          "events:EnableRule",
          "events:ListEventBuses",
          "events:ListRules",
          "events:ListTagsForResource",
          "events:ListTargetsByRule",
          "events:PutTargets",
          "events:RemoveTargets",
          "events:TagResource",
          "events:UntagResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseFirehose"
        Effect = "Allow"
        Action = [
          "firehose:DescribeDeliveryStream",
          "firehose:ListDeliveryStreams",
          "firehose:ListTagsForDeliveryStream",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseFsx"
        Effect = "Allow"
        Action = [
          "fsx:DescribeFileSystems",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseGlacier"
        Effect = "Allow"
        Action = [
          "glacier:GetVaultAccessPolicy",
          "glacier:GetVaultLock",
          "glacier:GetVaultNotifications",
          "glacier:ListTagsForVault",
          "glacier:ListVaults",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseGlue"
        Effect = "Allow"
        Action = [
          "glue:GetDatabases",
          "glue:GetJobs",
          "glue:GetTags",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseGuardduty"
        Effect = "Allow"
        Action = [
          "guardduty:GetDetector",
          "guardduty:ListDetectors",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseIam"
        Effect = "Allow"
        Action = [
          "iam:AddRoleToInstanceProfile",
          "iam:AddUserToGroup",
          "iam:AttachGroupPolicy",
          "iam:AttachRolePolicy",
          "iam:AttachUserPolicy",
          "iam:DeleteAccessKey",
          "iam:DeleteGroup",
          "iam:DeleteGroupPolicy",
          "iam:DeleteInstanceProfile",
          "iam:DeleteLoginProfile",
          "iam:DeletePolicy",
          "iam:DeletePolicyVersion",
          "iam:DeleteRole",
          "iam:DeleteRolePolicy",
          "iam:DeleteUser",
          "iam:DeleteUserPolicy",
          "iam:DetachGroupPolicy",
          "iam:DetachRolePolicy",
          "iam:DetachUserPolicy",
          "iam:GetAccessKeyLastUsed",
          "iam:GetAccountAuthorizationDetails",
          "iam:GetAccountPasswordPolicy",
          "iam:GetAccountSummary",
          "iam:GetCredentialReport",
          "iam:GetGroup",
          "iam:GetInstanceProfile",
          "iam:GetLoginProfile",
          "iam:GetOpenIDConnectProvider",
          "iam:GetPolicy",
          "iam:GetRole",
          "iam:GetSAMLProvider",
          "iam:GetUser",
          "iam:ListAccessKeys",
          "iam:ListEntitiesForPolicy",
          "iam:ListInstanceProfiles",
          "iam:ListInstanceProfilesForRole",
          "iam:ListMFADevices",
          "iam:ListOpenIDConnectProviders",
          "iam:ListPolicyTags",
          "iam:ListPolicyVersions",
          "iam:ListRoles",
          "iam:ListSAMLProviders",
          "iam:ListUsers",
          "iam:PassRole",
          "iam:PutGroupPolicy",
          "iam:PutRolePolicy",
          "iam:PutUserPolicy",
          "iam:RemoveRoleFromInstanceProfile",
          "iam:RemoveUserFromGroup",
          "iam:TagInstanceProfile",
          "iam:TagPolicy",
          "iam:TagRole",
          "iam:TagUser",
          "iam:UntagInstanceProfile",
          "iam:UntagPolicy",
          "iam:UntagRole",
          "iam:UntagUser",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseKafka"
        Effect = "Allow"
        Action = [
          "kafka:ListClustersV2",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseKinesis"
        Effect = "Allow"
        Action = [
          "kinesis:AddTagsToStream",
          "kinesis:DeleteStream",
          "kinesis:DescribeStreamSummary",
          "kinesis:ListStreams",
          "kinesis:ListTagsForStream",
          "kinesis:RemoveTagsFromStream",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseKms"
        Effect = "Allow"
        Action = [
          "kms:DeleteAlias",
          "kms:DescribeKey",
          "kms:DisableKey",
          "kms:EnableKey",
          "kms:GetKeyPolicy",
          "kms:GetKeyRotationStatus",
          "kms:ListAliases",
          "kms:ListKeys",
          "kms:ListResourceTags",
          "kms:ScheduleKeyDeletion",
          "kms:TagResource",
          "kms:UntagResource",
        ]
        Resource = "*"
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "reaper_2" {
  count      = var.with_reaper ? 1 : 0
  role       = aws_iam_role.reaper[0].name
  policy_arn = aws_iam_policy.reaper_2[0].arn
}

resource "aws_iam_policy" "reaper_3" {
  count       = var.with_reaper ? 1 : 0
  name_prefix = "pcf-scan-reaper-3-"
  description = "Reads, tags and deletes for pcf-scan, part 3"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "UseLambda"
        Effect = "Allow"
        Action = [
          "lambda:DeleteEventSourceMapping",
          "lambda:DeleteFunction",
          "lambda:DeleteFunctionConcurrency",
          "lambda:DeleteLayerVersion",
          "lambda:GetEventSourceMapping",
          "lambda:GetFunctionConcurrency",
          "lambda:GetFunctionConfiguration",
          "lambda:GetLayerVersion",
          "lambda:GetPolicy",
          "lambda:ListEventSourceMappings",
          "lambda:ListFunctions",
          "lambda:ListLayerVersions",
          "lambda:ListLayers",
          "lambda:ListTags",
          "lambda:PutFunctionConcurrency",
          "lambda:TagResource",
          "lambda:UntagResource",
          "lambda:UpdateEventSourceMapping",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseLogs"
        Effect = "Allow"
        Action = [
          "logs:DeleteLogGroup",
          "logs:DescribeLogGroups",
          "logs:DescribeLogStreams",
          "logs:ListTagsForResource",
          "logs:TagResource",
          "logs:UntagResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseMemorydb"
        Effect = "Allow"
        Action = [
          "memorydb:DescribeClusters",
          "memorydb:ListTags",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseRds"
        Effect = "Allow"
        Action = [
          "rds:AddTagsToResource",
          "rds:CreateDBClusterSnapshot",
          "rds:CreateDBSnapshot",
          "rds:DeleteDBCluster",
          "rds:DeleteDBInstance",
          "rds:DeleteDBParameterGroup",
          "rds:DeleteDBSubnetGroup",
          "rds:DescribeDBClusterSnapshotAttributes",
          "rds:DescribeDBClusterSnapshots",
          "rds:DescribeDBClusters",
          "rds:DescribeDBInstances",
          "rds:DescribeDBParameterGroups",
          "rds:DescribeDBParameters",
          "rds:DescribeDBProxies",
          "rds:DescribeDBSnapshotAttributes",
          "rds:DescribeDBSnapshots",
          "rds:DescribeDBSubnetGroups",
          "rds:DescribeGlobalClusters",
          "rds:ListTagsForResource",
          "rds:RemoveTagsFromResource",
          "rds:StartDBCluster",
          "rds:StartDBInstance",
          "rds:StopDBCluster",
          "rds:StopDBInstance",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseRedshift"
        Effect = "Allow"
        Action = [
          "redshift:CreateClusterSnapshot",
          "redshift:CreateTags",
          "redshift:DeleteCluster",
          "redshift:DeleteTags",
          "redshift:DescribeClusterSubnetGroups",
          "redshift:DescribeClusters",
          "redshift:DescribeLoggingStatus",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseRoute53"
        Effect = "Allow"
        Action = [
          "route53:ChangeResourceRecordSets",
          "route53:ChangeTagsForResource",
          "route53:DeleteHealthCheck",
          "route53:DeleteHostedZone",
          "route53:GetHealthCheck",
          "route53:GetHostedZone",
          "route53:ListHealthChecks",
          "route53:ListHostedZones",
          "route53:ListQueryLoggingConfigs",
          "route53:ListResourceRecordSets",
          "route53:ListTagsForResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseS3"
        Effect = "Allow"
        Action = [
          "s3:AbortMultipartUpload",
          "s3:DeleteBucket",
          "s3:DeleteBucketPolicy",
          "s3:DeleteObject",
          "s3:DeleteObjectVersion",
          "s3:GetAccessPoint",
          "s3:GetAccessPointPolicy",
          "s3:GetAccountPublicAccessBlock",
          "s3:GetBucketAcl",
          "s3:GetBucketCORS",
          "s3:GetBucketLogging",
          "s3:GetBucketNotification",
          "s3:GetBucketObjectLockConfiguration",
          "s3:GetBucketOwnershipControls",
          "s3:GetBucketPolicy",
          "s3:GetBucketPublicAccessBlock",
          "s3:GetBucketTagging",
          "s3:GetBucketVersioning",
          "s3:GetBucketWebsite",
          "s3:GetEncryptionConfiguration",
          "s3:GetLifecycleConfiguration",
          "s3:GetReplicationConfiguration",
          "s3:ListAccessPoints",
          "s3:ListAllMyBuckets",
          "s3:ListBucket",
          "s3:ListBucketMultipartUploads",
          "s3:ListBucketVersions",
          "s3:ListTagsForResource",
          "s3:PutBucketTagging",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseSagemaker"
        Effect = "Allow"
        Action = [
          "sagemaker:DescribeNotebookInstance",
          "sagemaker:ListNotebookInstances",
          "sagemaker:ListTags",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseSecretsmanager"
        Effect = "Allow"
        Action = [
          "secretsmanager:DeleteSecret",
          "secretsmanager:DescribeSecret",
          "secretsmanager:GetRandomPassword",
          "secretsmanager:ListSecrets",
          "secretsmanager:TagResource",
          "secretsmanager:UntagResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseServicediscovery"
        Effect = "Allow"
        Action = [
          "servicediscovery:ListNamespaces",
          "servicediscovery:ListTagsForResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseSns"
        Effect = "Allow"
        Action = [
          "sns:DeleteTopic",
          "sns:GetSubscriptionAttributes",
          "sns:GetTopicAttributes",
          "sns:ListSubscriptions",
          "sns:ListSubscriptionsByTopic",
          "sns:ListTagsForResource",
          "sns:ListTopics",
          "sns:TagResource",
          "sns:Unsubscribe",
          "sns:UntagResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseSqs"
        Effect = "Allow"
        Action = [
          "sqs:DeleteQueue",
          "sqs:GetQueueAttributes",
          "sqs:GetQueueUrl",
          "sqs:ListQueueTags",
          "sqs:ListQueues",
          "sqs:TagQueue",
          "sqs:UntagQueue",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseSsm"
        Effect = "Allow"
        Action = [
          "ssm:AddTagsToResource",
          "ssm:DeleteParameter",
          "ssm:DescribeParameters",
          "ssm:ListTagsForResource",
          "ssm:RemoveTagsFromResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseStates"
        Effect = "Allow"
        Action = [
          "states:DeleteStateMachine",
          "states:DescribeStateMachine",
          "states:ListStateMachines",
          "states:ListTagsForResource",
          "states:TagResource",
          "states:UntagResource",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseSts"
        Effect = "Allow"
        Action = [
          "sts:GetCallerIdentity",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseTag"
        Effect = "Allow"
        Action = [
          "tag:GetResources",
        ]
        Resource = "*"
      },
      {
        Sid    = "UseWafv2"
        Effect = "Allow"
        Action = [
          "wafv2:GetWebACL",
          "wafv2:ListTagsForResource",
          "wafv2:ListWebACLs",
        ]
        Resource = "*"
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "reaper_3" {
  count      = var.with_reaper ? 1 : 0
  role       = aws_iam_role.reaper[0].name
  policy_arn = aws_iam_policy.reaper_3[0].arn
}

output "reader_arn" {
  description = "Give it to --account ID=ROLE_ARN"
  value       = aws_iam_role.reader.arn
}
