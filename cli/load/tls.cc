// The one file of cli that includes OpenSSL.
#include "cli/load/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <utility>

namespace cqrs::load {
namespace {

// One record's worth. What was once shown to SSL_write must be shown again, at least as much of it.
constexpr std::size_t kRecord = 16UL * 1024;

template <auto free>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};
using ContextOwner = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using SslOwner = std::unique_ptr<SSL, Free<SSL_free>>;
using SessionOwner = std::unique_ptr<SSL_SESSION, Free<SSL_SESSION_free>>;
using MethodOwner = std::unique_ptr<BIO_METHOD, Free<BIO_meth_free>>;

std::string last_error() {
  const unsigned long code = ERR_peek_last_error();
  const char* const text = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return text != nullptr ? text : "unknown error";
}

bool is_ip_address(const std::string& host) {
  std::array<unsigned char, 16> bytes{};
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

// OpenSSL's own socket BIO raises SIGPIPE when the other side is gone.
int socket_of(BIO* bio) { return static_cast<Descriptor*>(BIO_get_data(bio))->get(); }
int moved(BIO* bio, ssize_t bytes, int retry) {
  BIO_clear_retry_flags(bio);
  if (bytes < 0 && (errno == EAGAIN || errno == EINTR))
    BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY);
  return static_cast<int>(bytes);
}
int bio_read(BIO* bio, char* to, int room) {
  return moved(bio, recv(socket_of(bio), to, static_cast<std::size_t>(room), 0), BIO_FLAGS_READ);
}
int bio_write(BIO* bio, const char* from, int size) {
  return moved(bio, send(socket_of(bio), from, static_cast<std::size_t>(size), MSG_NOSIGNAL),
               BIO_FLAGS_WRITE);
}
long bio_control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}
int bio_create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

class Tls final : public TlsContext {
 public:
  Tls(const Endpoint& endpoint, const TlsOptions& options)
      : options_(options),
        name_(options.server_name.empty() ? endpoint.host : options.server_name),
        shown_(show(endpoint)),
        method_(BIO_meth_new(BIO_TYPE_SOURCE_SINK, "socket")),
        context_(SSL_CTX_new(TLS_client_method())) {
    CQRS_CHECK(method_ != nullptr && context_ != nullptr);  // out of memory only
    BIO_meth_set_read(method_.get(), bio_read);
    BIO_meth_set_write(method_.get(), bio_write);
    BIO_meth_set_ctrl(method_.get(), bio_control);
    BIO_meth_set_create(method_.get(), bio_create);
  }

  [[nodiscard]] Status configure();
  std::unique_ptr<Stream> open(Descriptor socket) override;

  [[nodiscard]] SSL* make(Descriptor* socket) const;
  [[nodiscard]] std::string explain(SSL* ssl) const;

 private:
  [[nodiscard]] Status load_files();
  static int keep_session(SSL* ssl, SSL_SESSION* session);

  const TlsOptions options_;
  const std::string name_;
  const std::string shown_;
  const MethodOwner method_;
  const ContextOwner context_;
  SessionOwner session_;
};

class TlsStream final : public Stream {
 public:
  TlsStream(const Tls& tls, Descriptor socket)
      : tls_(tls), socket_(std::move(socket)), ssl_(tls.make(&socket_)) {}

  // A session whose connection is not shut down counts as broken and is not resumed.
  ~TlsStream() override {
    ERR_clear_error();
    if (sound_ && SSL_is_init_finished(ssl_.get()) != 0) SSL_shutdown(ssl_.get());
  }
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  int descriptor() const override { return socket_.get(); }

  Step handshake() override {
    ERR_clear_error();
    const int result = SSL_connect(ssl_.get());
    const Step step = step_of(result);
    if (step == Step::kFailed || step == Step::kClosed) problem_ = tls_.explain(ssl_.get());
    return step == Step::kClosed ? Step::kFailed : step;
  }

  Moved read(char* to, std::size_t room) override {
    ERR_clear_error();
    std::size_t bytes = 0;
    const Step step = step_of(SSL_read_ex(ssl_.get(), to, room, &bytes));
    // With TLS 1.3 a server refuses our certificate only when we think that all is agreed.
    if (step == Step::kFailed) problem_ = tls_.explain(ssl_.get());
    return {step, bytes};
  }

  Moved write(const char* from, std::size_t size) override {
    ERR_clear_error();
    size = std::min(size, kRecord);
    std::size_t bytes = 0;
    const int result = SSL_write_ex(ssl_.get(), from, size, &bytes);
    return {step_of(result), bytes, result > 0 ? bytes : size};
  }

  bool holds_input() const override { return SSL_has_pending(ssl_.get()) != 0; }
  std::string problem() const override { return problem_; }

 private:
  [[nodiscard]] Step step_of(int result) {
    if (result > 0) return Step::kDone;
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return Step::kWantRead;
      case SSL_ERROR_WANT_WRITE:
        return Step::kWantWrite;
      case SSL_ERROR_ZERO_RETURN:
        return Step::kClosed;
      default:
        sound_ = false;
        return Step::kFailed;
    }
  }

  const Tls& tls_;
  Descriptor socket_;
  const SslOwner ssl_;
  std::string problem_;
  bool sound_ = true;  // after a failure nothing more may be asked of it
};

Status Tls::load_files() {
  SSL_CTX* const context = context_.get();
  if (options_.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context);
  } else if (SSL_CTX_load_verify_file(context, options_.ca_file.c_str()) != 1) {
    return invalid("ca_file", "cannot read certificates of authorities (PEM) from " +
                                  options_.ca_file + ": " + last_error());
  }
  if (options_.certificate_file.empty() != options_.key_file.empty()) {
    return invalid(options_.key_file.empty() ? "key_file" : "certificate_file",
                   "a client's certificate and its key are given together or not at all");
  }
  if (options_.certificate_file.empty()) return {};
  if (SSL_CTX_use_certificate_chain_file(context, options_.certificate_file.c_str()) != 1) {
    return invalid("certificate_file", "cannot read a certificate (PEM) from " +
                                           options_.certificate_file + ": " + last_error());
  }
  if (SSL_CTX_use_PrivateKey_file(context, options_.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return invalid("key_file", "cannot use the private key (PEM) in " + options_.key_file +
                                   " for the certificate in " + options_.certificate_file + ": " +
                                   last_error());
  }
  return {};
}

Status Tls::configure() {
  SSL_CTX* const context = context_.get();
  ERR_clear_error();
  CQRS_TRY(load_files());
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_verify(context, options_.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  constexpr std::array<unsigned char, 9> kHttp = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_CTX_set_alpn_protos(context, kHttp.data(), kHttp.size());
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, keep_session);
  SSL_CTX_set_app_data(context, this);
  return {};
}

// OpenSSL hands over a reference when 1 is returned.
int Tls::keep_session(SSL* ssl, SSL_SESSION* session) {
  static_cast<Tls*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->session_.reset(session);
  return 1;
}

SSL* Tls::make(Descriptor* socket) const {
  SSL* const ssl = SSL_new(context_.get());
  BIO* const bio = BIO_new(method_.get());
  CQRS_CHECK(ssl != nullptr && bio != nullptr);  // out of memory only
  BIO_set_data(bio, socket);
  SSL_set_bio(ssl, bio, bio);
  if (is_ip_address(name_)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name_.c_str());
  } else {
    SSL_set1_host(ssl, name_.c_str());
    // The function behind SSL_set_tlsext_host_name, whose macro casts const away.
    std::string name = name_;
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  }
  if (session_ != nullptr) SSL_set_session(ssl, session_.get());
  return ssl;
}

std::unique_ptr<Stream> Tls::open(Descriptor socket) {
  return std::make_unique<TlsStream>(*this, std::move(socket));
}

std::string Tls::explain(SSL* ssl) const {
  const int system = errno;
  const long verdict = SSL_get_verify_result(ssl);
  if (!options_.insecure && verdict != X509_V_OK) {
    ERR_clear_error();
    const bool name =
        verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH;
    return "the certificate of " + shown_ +
           " is not accepted: " + X509_verify_cert_error_string(verdict) +
           (name ? " (expected " + name_ + "): give the name that it was made out for"
                 : ": give the file of the authority that signed it");
  }
  if (ERR_peek_last_error() == 0) {
    return "TLS: the connection broke" +
           (system != 0 ? std::string(": ") + std::strerror(system) : std::string());
  }
  return "TLS: " + last_error();
}

}  // namespace

Result<std::unique_ptr<TlsContext>> make_tls(const Endpoint& endpoint, const TlsOptions& options) {
  auto tls = std::make_unique<Tls>(endpoint, options);
  CQRS_TRY(tls->configure());
  return std::unique_ptr<TlsContext>(std::move(tls));
}

}  // namespace cqrs::load
