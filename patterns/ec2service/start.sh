set -euo pipefail

# CloudFormation waits until each new instance says how it went. What starts
# later says it to nobody.
signal() {
  token=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
  id=$(curl -fsS -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id)
  aws cloudformation signal-resource --region "$region" --stack-name "$stack" --logical-resource-id "$group" \
    --unique-id "$id" --status "$1" || true
}
trap 'signal FAILURE' ERR

# The repositories are in S3, whose endpoint in the VPC has no dual-stack name.
: > /etc/dnf/vars/dualstack
dnf install -y -q java-21-amazon-corretto-headless amazon-cloudwatch-agent openssl

useradd --system --no-create-home --shell /sbin/nologin service
install -d -m 0755 /opt/service
install -d -m 0750 -o service -g service /var/log/service
. /etc/service.env
aws s3 cp --region "$region" --only-show-errors "s3://$bucket/$ARTIFACT" /opt/service/service.jar
chmod 0644 /opt/service/service.jar
if [ -n "$parameter" ]; then
  aws ssm get-parameter --region "$region" --name "$parameter" --query Parameter.Value --output text >> /etc/service.env
fi

# The balancer encrypts to a certificate that the service makes when it starts.
# It lies in memory, and so does the password of its store.
cat > /usr/local/bin/service-start <<'END'
#!/bin/bash
set -euo pipefail
umask 077
TLS_KEYSTORE=$RUNTIME_DIRECTORY/tls.p12
TLS_KEYSTORE_PASSWORD=$(openssl rand -hex 24)
export TLS_KEYSTORE TLS_KEYSTORE_PASSWORD
export SERVER_PORT=$PORT SERVER_SSL_ENABLED=true SERVER_SSL_KEY_STORE_TYPE=PKCS12
export SERVER_SSL_KEY_STORE=$TLS_KEYSTORE SERVER_SSL_KEY_STORE_PASSWORD=$TLS_KEYSTORE_PASSWORD
rm -f "$TLS_KEYSTORE"
keytool -genkeypair -alias service -keyalg EC -groupname secp256r1 -validity 90 -dname CN=service \
  -storetype PKCS12 -keystore "$TLS_KEYSTORE" -storepass:env TLS_KEYSTORE_PASSWORD
exec java -jar /opt/service/service.jar
END
chmod 0755 /usr/local/bin/service-start

cat > /etc/systemd/system/service.service <<'END'
[Unit]
Description=The service
After=network-online.target
Wants=network-online.target

[Service]
User=service
EnvironmentFile=/etc/service.env
RuntimeDirectory=service
RuntimeDirectoryMode=0700
ExecStart=/usr/local/bin/service-start
Restart=always
RestartSec=5
StandardOutput=append:/var/log/service/service.log
StandardError=inherit
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
ReadWritePaths=/var/log/service

[Install]
WantedBy=multi-user.target
END

cat > /etc/logrotate.d/service <<'END'
/var/log/service/service.log {
  size 50M
  rotate 3
  copytruncate
  missingok
}
END

cat > /opt/aws/amazon-cloudwatch-agent/etc/service.json <<END
{"agent": {"region": "$region", "run_as_user": "cwagent"},
 "logs": {"logs_collected": {"files": {"collect_list": [
  {"file_path": "/var/log/service/service.log", "log_group_name": "$logs", "log_stream_name": "{instance_id}"}]}}}}
END
usermod -a -G service cwagent
/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c file:/opt/aws/amazon-cloudwatch-agent/etc/service.json

systemctl daemon-reload
systemctl enable --now service.service
for _ in $(seq 60); do
  if curl -fsS -k -o /run/health --max-time 2 "https://localhost:$PORT/health"; then
    signal SUCCESS
    exit 0
  fi
  sleep 5
done
signal FAILURE
