"""Settings: every bad value is refused in one line that names the variable, and nothing secret is repeated."""

import concurrent.futures
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import settings as module
from server.settings import VARIABLES, GoogleProject, SettingsError, from_environment, secret_keys, unknown_variables

ROOT = Path(__file__).parents[1]
KEY = "k" * 32
PUBLIC = "https://sobani.example.com"


def test_nothing_set_means_this_machine_only_and_the_real_services() -> None:
    settings = from_environment({})
    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.bind == "127.0.0.1"
    assert not settings.is_public
    assert not settings.playground
    assert settings.redis_url is None
    assert settings.data == Path.cwd() / "var"
    assert settings.google_projects == ()
    assert settings.entra_allowed_clients == ()
    assert settings.gmail_api_url == "https://gmail.googleapis.com"
    assert settings.graph_url == "https://graph.microsoft.com"
    assert settings.frame_ancestors == module.OUTLOOK_FRAMES


def test_the_port_is_part_of_the_own_address() -> None:
    assert from_environment({"PORT": "9000"}).public_url == "http://127.0.0.1:9000"


def test_a_public_service_listens_to_all() -> None:
    assert from_environment({"SOBANI_PUBLIC_URL": PUBLIC + "/"}).bind == "0.0.0.0"
    assert from_environment({"SOBANI_PUBLIC_URL": PUBLIC + "/"}).public_url == PUBLIC


def test_the_playground_plays_every_service_that_is_not_given() -> None:
    settings = from_environment({"SOBANI_PLAYGROUND": "on", "SOBANI_GRAPH_URL": "http://127.0.0.1:9/graph"})
    assert settings.google_certs_url == "http://127.0.0.1:8080/playground/google/certs"
    assert settings.gmail_api_url == "http://127.0.0.1:8080/playground/gmail-api"
    assert settings.entra_url == "http://127.0.0.1:8080/playground/entra"
    assert settings.office_js_url == "http://127.0.0.1:8080/playground/office.js"
    assert settings.graph_url == "http://127.0.0.1:9/graph"
    assert settings.google_projects == (
        GoogleProject("playground@gcp-sa-gsuiteaddons.iam.gserviceaccount.com", "playground-gmail"),
    )
    assert settings.entra_allowed_clients == (settings.entra_client_id,)
    assert settings.frame_ancestors[0] == "'self'"


@pytest.mark.parametrize(
    "address", ["http://localhost:8080", "http://127.0.0.7", "http://[::1]:8080", "https://x.localhost"]
)
def test_the_playground_is_for_the_loopback(address: str) -> None:
    assert from_environment({"SOBANI_PLAYGROUND": "1", "SOBANI_PUBLIC_URL": address}).playground


BAD = {
    "PORT": ["0", "65536", "-1", "http", "８０８０", "8_0", "1e3", "99999999999999999999"],
    "SOBANI_PUBLIC_URL": [
        "sobani.example.com",
        "http://sobani.example.com",
        "ftp://sobani.example.com",
        "https://",
        "https://user:secret@sobani.example.com",
        "https://sobani.example.com/?a=b",
        "https://sobani.example.com:port",
        "https://[::1",
        "https://sobani example.com",
    ],
    "REDIS_URL": ["localhost:6379", "http://redis.example.com", "redis://", "redis://h:port", "unix://socket", "redis+sentinel://"],
    "SOBANI_KEYS": ["short", f"{KEY},short"],
    "SOBANI_GOOGLE_PROJECTS": ["{", "{}", "[1]", '[{"client_id": "x"}]', '[{"service_account_email": "x", "client_id": "y"}]'],
    "SOBANI_GOOGLE_CERTS_URL": ["http://certs.example.com"],
    "SOBANI_GMAIL_API_URL": ["gmail"],
    "SOBANI_ENTRA_URL": ["http://entra.example.com"],
    "SOBANI_ENTRA_CLIENT_ID": ["a b", "a,b"],
    "SOBANI_GRAPH_URL": ["https://graph.example.com#x"],
    "SOBANI_FRAME_ANCESTORS": ["outlook.example.com", "https://a.example.com; script-src *", "https://a.example.com,https://b.example.com"],
    "SOBANI_OFFICE_JS_URL": ["//cdn.example.com/office.js"],
    "SOBANI_PLAYGROUND": ["perhaps", "2"],
    "SOBANI_BIND": ["localhost", "256.0.0.1"],
    "SOBANI_WORKERS": ["0", "many"],
    "SOBANI_THREADS": ["0", "1.5"],
    "SOBANI_LOG_LEVEL": ["loud"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_a_value_that_cannot_be_used_is_named_in_one_line(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        from_environment({name: value})
    assert str(caught.value).startswith(f"{name}: ")
    assert "\n" not in str(caught.value)


def test_the_playground_is_refused_with_a_public_address() -> None:
    with pytest.raises(SettingsError, match=r"^SOBANI_PLAYGROUND: must be off with a public address"):
        from_environment({"SOBANI_PLAYGROUND": "on", "SOBANI_PUBLIC_URL": PUBLIC})


def test_keys_are_required_where_several_copies_may_run() -> None:
    both = {"REDIS_URL": "rediss://redis.example.com", "SOBANI_PUBLIC_URL": PUBLIC}
    with pytest.raises(SettingsError, match=r"^SOBANI_KEYS: is required"):
        from_environment(both)
    assert from_environment({**both, "SOBANI_KEYS": f" {KEY} , {KEY}2 "}).keys == (KEY, f"{KEY}2")
    assert from_environment({"SOBANI_PUBLIC_URL": PUBLIC}).keys == ()
    assert from_environment({"REDIS_URL": "redis://127.0.0.1"}).keys == ()


def test_a_password_or_key_is_never_repeated() -> None:
    for name, value in {"REDIS_URL": "rediss://:hunter2@h:port", "SOBANI_KEYS": "hunter2"}.items():
        with pytest.raises(SettingsError) as caught:
            from_environment({name: value})
        assert "hunter2" not in str(caught.value)
    settings = from_environment({"REDIS_URL": "redis://:hunter2@127.0.0.1", "SOBANI_KEYS": KEY})
    assert "hunter2" not in repr(settings)
    assert KEY not in repr(settings)


def test_a_language_model_needs_its_name_and_its_key_is_never_shown() -> None:
    with pytest.raises(SettingsError, match=r"^SOBANI_LLM_URL: needs SOBANI_LLM_MODEL"):
        from_environment({"SOBANI_LLM_URL": "https://llm.example/v1"})
    both = {"SOBANI_LLM_URL": "https://llm.example/v1", "SOBANI_LLM_MODEL": "some-model", "SOBANI_LLM_KEY": "hunter2"}
    settings = from_environment(both)
    assert (settings.llm_url, settings.llm_model, settings.llm_key) == (
        "https://llm.example/v1",
        "some-model",
        "hunter2",
    )
    assert "hunter2" not in repr(settings)
    assert from_environment({}).llm_url == ""


@given(st.sampled_from([variable.name for variable in VARIABLES]), st.text())
def test_any_text_is_either_used_or_refused_by_name(name: str, value: str) -> None:
    refusals = []
    try:
        from_environment({name: value})
    except SettingsError as error:
        refusals.append(error)
    for refusal in refusals:
        assert refusal.name == name
        assert len(str(refusal).splitlines()) == 1


def test_keys_are_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    settings = from_environment({"SOBANI_DATA": str(tmp_path / "var")})
    first = secret_keys(settings)
    assert first == secret_keys(settings)
    assert len(first[0]) >= 32
    assert (tmp_path / "var" / "keys").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["keys"]


def test_processes_that_start_at_once_agree_on_the_keys(tmp_path: Path) -> None:
    settings = from_environment({"SOBANI_DATA": str(tmp_path)})
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(lambda _: secret_keys(settings), range(64)))) == 1


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=r"^SOBANI_DATA: .*file/var cannot be used: Not a directory$"):
        secret_keys(from_environment({"SOBANI_DATA": str(tmp_path / "file" / "var")}))


def test_a_damaged_key_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("x\n")
    with pytest.raises(SettingsError, match=r"^SOBANI_KEYS: the file .* holds no usable key"):
        secret_keys(from_environment({"SOBANI_DATA": str(tmp_path)}))


def test_a_slip_of_the_pen_is_found() -> None:
    assert unknown_variables({"SOBANI_PUBLC_URL": "x", "SOBANI_KEYS": "x", "HOME": "x"}) == ("SOBANI_PUBLC_URL",)


def test_the_table_in_the_docs_is_the_table_in_the_code() -> None:
    rows = re.findall(
        r"^\| `([A-Z_]+)` \| (.*) \| (.*) \|$", (ROOT / "docs" / "administration.md").read_text(), flags=re.MULTILINE
    )
    assert rows == [tuple(variable) for variable in VARIABLES]


def test_the_table_is_what_the_code_reads() -> None:
    source = Path(module.__file__).read_text()
    body = source[source.index("def from_environment") :]
    read = set(re.findall(r'"(PORT|REDIS_URL|SOBANI_[A-Z_]+)"', body)) - {"SOBANI_CHROMIUM"}
    assert read == {variable.name for variable in VARIABLES}


def test_nobody_else_reads_the_environment() -> None:
    """Others may hand the environment to the settings; the command shows doctor its names."""
    # The package's own file only sets what numpy reads, before numpy comes in.
    allowed = {ROOT / "server" / name for name in ("settings.py", "cli.py", "__init__.py")}
    for path in (ROOT / "server").rglob("*.py"):
        if path not in allowed and "node_modules" not in path.parts:
            handed_on = path.read_text().replace("from_environment(os.environ)", "")
            assert not re.search(r"os\.environ|getenv", handed_on), path
