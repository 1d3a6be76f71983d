# The twelve rules of the comparison, as one would write them for OPA: each begins with the
# resource type, by which OPA indexes rules.
package bench

internet(entry) if entry.CidrIp == "0.0.0.0/0"

internet(entry) if entry.CidrIpv6 == "::/0"

covers(entry, _) if entry.IpProtocol == "-1"

covers(entry, port) if {
	entry.IpProtocol == "tcp"
	object.get(entry, "FromPort", 0) <= port
	object.get(entry, "ToPort", 65535) >= port
}

fail contains "restricted-ssh" if {
	input.type == "AWS::EC2::SecurityGroup"
	some entry in input.properties.SecurityGroupIngress
	internet(entry)
	covers(entry, 22)
}

fail contains "restricted-rdp" if {
	input.type == "AWS::EC2::SecurityGroup"
	some entry in input.properties.SecurityGroupIngress
	internet(entry)
	covers(entry, 3389)
}

fail contains "dynamodb-pitr-enabled" if {
	input.type == "AWS::DynamoDB::Table"
	not input.properties.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled
}

fail contains "encrypted-volumes" if {
	input.type == "AWS::EC2::Volume"
	not input.properties.Encrypted
}

fail contains "subnet-auto-assign-public-ip-disabled" if {
	input.type == "AWS::EC2::Subnet"
	input.properties.MapPublicIpOnLaunch
}

inside_vpc if {
	count(input.properties.VpcConfig.SubnetIds) > 0
	count(input.properties.VpcConfig.SecurityGroupIds) > 0
}

fail contains "lambda-inside-vpc" if {
	input.type == "AWS::Lambda::Function"
	not inside_vpc
}

fail contains "cw-loggroup-retention-period-check" if {
	input.type == "AWS::Logs::LogGroup"
	object.get(input.properties, "RetentionInDays", 0) < 1
}

fail contains "db-instance-backup-enabled" if {
	input.type == "AWS::RDS::DBInstance"
	not input.properties.DBClusterIdentifier
	object.get(input.properties, "BackupRetentionPeriod", 0) < 1
}

fail contains "rds-instance-public-access-check" if {
	input.type == "AWS::RDS::DBInstance"
	object.get(input.properties, "PubliclyAccessible", true)
}

fail contains "rds-storage-encrypted" if {
	input.type == "AWS::RDS::DBInstance"
	not input.properties.DBClusterIdentifier
	not input.properties.StorageEncrypted
}

blocked if {
	block := input.properties.PublicAccessBlockConfiguration
	block.BlockPublicAcls
	block.IgnorePublicAcls
	block.BlockPublicPolicy
	block.RestrictPublicBuckets
}

fail contains "s3-bucket-level-public-access-prohibited" if {
	input.type == "AWS::S3::Bucket"
	not blocked
}

encrypted if input.properties.KmsMasterKeyId != ""

encrypted if object.get(input.properties, "SqsManagedSseEnabled", true)

fail contains "sqs-queue-encrypted" if {
	input.type == "AWS::SQS::Queue"
	not encrypted
}
