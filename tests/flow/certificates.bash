# Certificates for tests of the link, made by openssl and not by us. Files are made in the folder $1.
#   make_authority FOLDER [NAME]               NAME.crt and NAME.key (ca), good for ten years
#   make_certificate FOLDER FILE CN DAYS [SAN [NAME]]   FILE.crt and FILE.key of that authority, with a random serial; SAN
#                                              ("IP:127.0.0.1") makes it a server's; DAYS may be negative: it is over then
#   make_link DATA SITE NUMBER HOST PORT FOLDER  DATA/link for site SITE, of the authority in FOLDER
#   serial_of FILE                             as sslinfo has it in remote_site.serials: hex, small letters
# Dated back, as those of BacPipes are: clocks may be behind.
make_authority() (
    name=${2:-ca}
    cd "$1" || exit
    printf '%s\n' '[ca]' 'default_ca = a' '[a]' "database = $name.index" 'new_certs_dir = .' 'default_md = sha256' 'policy = p' 'rand_serial = yes' 'x509_extensions = x' \
        '[p]' 'commonName = supplied' '[x]' 'basicConstraints = critical,CA:TRUE' 'keyUsage = critical,keyCertSign,cRLSign' 'subjectKeyIdentifier = hash' >"$name.conf"
    : >"$name.index"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=Authority $name" -keyout "$name.key" -out "$name.csr" 2>/dev/null &&
        openssl ca -batch -notext -selfsign -config "$name.conf" -keyfile "$name.key" -startdate "$(date -u -d '-2 days' +%Y%m%d%H%M%SZ)" -enddate "$(date -u -d '3650 days' +%Y%m%d%H%M%SZ)" \
            -in "$name.csr" -out "$name.crt" 2>/dev/null &&
        rm -f "$name.conf" "$name.index"* "$name.csr" "$(openssl x509 -in "$name.crt" -noout -serial | sed 's/.*=//').pem"
)

make_certificate() {
    local name=${6:-ca} begin end
    begin=$(date -u -d '-2 days' +%Y%m%d%H%M%SZ)
    end=$(date -u -d "$4 days" +%Y%m%d%H%M%SZ)
    [ "$4" -ge 0 ] || begin=$(date -u -d '-400 days' +%Y%m%d%H%M%SZ)
    (
        cd "$1" || exit
        printf '%s\n' '[ca]' 'default_ca = a' '[a]' "database = $2.index" "serial = $2.serial" 'new_certs_dir = .' 'default_md = sha256' 'policy = p' 'unique_subject = no' 'rand_serial = yes' \
            "x509_extensions = x" '[p]' 'commonName = supplied' '[x]' 'basicConstraints = critical,CA:FALSE' \
            "${5:+subjectAltName = $5}" "extendedKeyUsage = $([ -n "${5:-}" ] && echo serverAuth || echo clientAuth)" >"$2.conf"
        : >"$2.index"
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$3" -keyout "$2.key" -out "$2.csr" 2>/dev/null &&
            openssl ca -batch -notext -config "$2.conf" -cert "$name.crt" -keyfile "$name.key" -startdate "$begin" -enddate "$end" -in "$2.csr" -out "$2.crt" 2>/dev/null &&
            rm -f "$2.conf" "$2.index"* "$2.csr" "$(openssl x509 -in "$2.crt" -noout -serial | sed 's/.*=//').pem" && chmod 600 "$2.key"
    )
}

make_link() {
    mkdir -p "$1/link" && make_certificate "$6" "site_$3" "site_$3" 700 || return
    cp "$6/ca.crt" "$1/link/ca.crt" && cp "$6/site_$3.crt" "$1/link/site.crt" && cp "$6/site_$3.key" "$1/link/site.key" || return
    printf '{"v": 1, "site_id": "%s", "number": %d, "central": "", "host": "%s", "port": %d}\n' "$2" "$3" "$4" "$5" >"$1/link/link.json"
}

serial_of() {
    openssl x509 -in "$1" -noout -serial | sed 's/.*=//' | tr A-F a-f | sed 's/^0*//'
}
