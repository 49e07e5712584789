use super::super::hearing::{Heard, Listener, listen};
use super::*;
use crate::state::StoreObserver;
use crate::state::observe::Unobserved;

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

#[test]
fn a_request_is_about_the_bucket_or_for_credentials() {
    for (text, bucket, about) in [
        ("https://s3.eu-west-1.amazonaws.com/records/a/acme.json", "records", true),
        ("https://records.s3.eu-west-1.amazonaws.com/a/acme.json", "records", true),
        ("https://s3.eu-west-1.amazonaws.com/records?list-type=2", "records", true),
        ("https://storage.googleapis.com/our%2Drecords/a%2Facme%2Ejson", "our-records", true),
        ("https://acme.blob.core.windows.net/records/acme.json", "records", true),
        ("http://127.0.0.1:10000/devstoreaccount1/records/acme.json", "records", true),
        ("https://sts.eu-west-1.amazonaws.com/", "records", false),
        ("http://169.254.169.254/latest/api/token", "records", false),
        ("https://login.microsoftonline.com/tenant/oauth2/v2.0/token", "records", false),
        ("https://records-of-others.example/x", "records", false),
    ] {
        assert_eq!(is_about(&url(text), bucket), about, "{text}");
    }
}

#[test]
fn only_loopback_and_the_machines_own_credential_service_are_spoken_to_in_the_clear() {
    for (text, clear) in [
        ("http://127.0.0.1:9000/records", true),
        ("http://[::1]:9000/records", true),
        ("http://localhost:9000/records", true),
        ("http://169.254.169.254/latest/api/token", true),
        ("http://[fd00:ec2::254]/latest", true),
        ("http://metadata.google.internal/computeMetadata/v1", true),
        ("http://127.0.0.1.evil.example/records", false),
        ("http://localhost.evil.example/records", false),
        ("http://minio:9000/records", false),
        ("http://10.0.0.7:9000/records", false),
    ] {
        assert_eq!(is_loopback(&url(text)) || is_next_door(&url(text)), clear, "{text}");
    }
}

#[test]
fn a_refusals_code_and_message_are_found_and_kept_short() {
    let said = |body: &str| explained(body, &Secrets::default());
    let both = |code: &str, message: &str| (Some(code.to_owned()), Some(message.to_owned()));
    assert_eq!(
        said(
            "<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code><Message>User &quot;ci&quot; may not.</Message></Error>"
        ),
        both("AccessDenied", "User \"ci\" may not.")
    );
    assert_eq!(
        said(
            "<Error><Code>AuthenticationFailed</Code><Message>Server failed.\nRequestId:4711\nTime:x</Message></Error>"
        ),
        both("AuthenticationFailed", "Server failed.")
    );
    assert_eq!(
        said(r#"{"error":"invalid_client","error_description":"AADSTS7000215"}"#),
        both("invalid_client", "AADSTS7000215")
    );
    assert_eq!(said("<html>bad gateway</html>"), (None, None));
    assert_eq!(said(""), (None, None));
    let long = format!("<Code>X</Code><Message>{}</Message>", "ä".repeat(5000));
    assert_eq!(said(&long).1.unwrap().chars().count(), WORDS);
}

/// A listener that answers one connection with these bytes, however often `times` says.
fn answering(times: usize, bytes: Vec<u8>) -> (String, std::thread::JoinHandle<usize>) {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let served = std::thread::spawn(move || {
        for _ in 0..times {
            let (mut client, _) = listener.accept().unwrap();
            let _ = client.read(&mut [0; 4096]);
            // The other side may have had enough.
            let _ = client.write_all(&bytes);
        }
        times
    });
    (format!("http://{address}"), served)
}

fn get(url: &str, in_the_clear: bool) -> (Result<HttpResponse, HttpError>, Option<Heard>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let wire = Wire::new("records", in_the_clear, Secrets::default()).unwrap();
        let mut request = HttpRequest::new(object_store::client::HttpRequestBody::empty());
        *request.uri_mut() = url.parse().unwrap();
        let nobody: std::sync::Arc<dyn StoreObserver> = std::sync::Arc::new(Unobserved);
        listen(Listener::new(&nobody, 1), HttpService::call(&wire, request)).await
    })
}

#[test]
fn a_redirect_is_not_followed() {
    let answer = b"HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:1/stolen\r\nx-amz-bucket-region: eu-west-1\r\nContent-Length: 0\r\n\r\n";
    let (url, served) = answering(1, answer.to_vec());
    let (answered, heard) = get(&format!("{url}/records/acme.json"), false);
    assert_eq!(answered.unwrap().status().as_u16(), 307);
    let said = Said { status: 307, region: Some("eu-west-1".to_owned()), ..Said::default() };
    assert_eq!(heard.unwrap().what, What::Answer(said));
    assert_eq!(served.join().unwrap(), 1);
}

#[test]
fn what_would_go_in_the_clear_is_not_sent_unless_the_user_says_so() {
    let (answered, heard) = get("http://minio.invalid:9000/records/acme.json", false);
    assert!(answered.is_err());
    assert_eq!(heard.unwrap().what, What::InTheClear);
    let (answered, heard) = get("http://minio.invalid:9000/records/acme.json", true);
    assert!(answered.is_err());
    assert!(matches!(heard.unwrap().what, What::Fault { sent: false, .. }));
}

#[test]
fn an_answer_that_is_no_object_has_a_size() {
    let mut endless = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n\r\n".to_vec();
    endless.resize(PAGE + 4096, b' ');
    let (url, _) = answering(1, endless);
    let (answered, heard) = get(&format!("{url}/records?list-type=2"), false);
    assert!(answered.is_err());
    assert!(matches!(heard.unwrap().what, What::Fault { text, .. } if text == "the answer is too large"));
}

#[test]
fn a_secret_that_is_escaped_is_cut_once_it_is_plain() {
    let secrets = Secrets::new(["can&\"ary".to_owned()]);
    let cut = |body: &str| explained(body, &secrets).1.unwrap();
    assert_eq!(cut("<Code>X</Code><Message>bad can&amp;&quot;ary</Message>"), "bad [REDACTED]");
    assert_eq!(cut(r#"{"error":"x","error_description":"bad can\u0026\"ary"}"#), "bad [REDACTED]");
    // Not even in two, where the text is shortened.
    let long = format!("<Code>X</Code><Message>{}can&amp;&quot;ary</Message>", "x".repeat(WORDS - 4));
    assert!(!cut(&long).contains("can"));
}

/// Keeps what is told.
#[derive(Debug, Default)]
struct Kept(std::sync::Mutex<Vec<crate::state::StoreAnswer>>);

impl StoreObserver for Kept {
    fn over(&self, call: &crate::state::StoreCall) {
        self.0.lock().unwrap().push(call.answer.clone());
    }
}

#[test]
fn an_object_is_told_once_it_is_read_to_its_end_or_given_up() {
    use crate::state::StoreAnswer;
    let told = |is_read: bool| {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbytes";
        let (url, served) = answering(1, answer.to_vec());
        let kept = std::sync::Arc::new(Kept::default());
        let observer: std::sync::Arc<dyn StoreObserver> = std::sync::Arc::<Kept>::clone(&kept);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let work = async {
            let wire = Wire::new("records", false, Secrets::default()).unwrap();
            let mut request = HttpRequest::new(object_store::client::HttpRequestBody::empty());
            *request.uri_mut() = format!("{url}/records/acme.json").parse().unwrap();
            let response = HttpService::call(&wire, request).await.unwrap();
            assert!(kept.0.lock().unwrap().is_empty(), "it is not over yet");
            if is_read {
                assert_eq!(response.into_body().bytes().await.unwrap(), "bytes");
            }
        };
        runtime.block_on(listen(Listener::new(&observer, 1), work));
        served.join().unwrap();
        kept.0.lock().unwrap().clone()
    };
    assert_eq!(told(true), [StoreAnswer::Status(200)]);
    assert_eq!(told(false), [StoreAnswer::Fault("200, and not all of it was read".to_owned())]);
}
