"""All settings. What a deployment may choose is read from the environment, and checked while it is read.

docs/configuration.md explains each variable. With none set the site is safe: no debug pages, this
machine's names only, a secret key of its own, and a model that runs here.
"""

import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

from chatsite.config import env
from chatsite.config.database import database
from chatsite.config.logs import log_level
from chatsite.config.mail import mail_server
from chatsite.config.oidc import sign_on_provider
from chatsite.config.secret_key import secret_key
from chatsite.config.terminal import say
from chatsite.server import listening, local_model

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.directory("DATA_DIR", "var", base=BASE_DIR)

DEBUG = env.flag("DEBUG", default=False)
# Without SECRET_KEY a key of this installation's own is made, once.
SECRET_KEY = env.secret("SECRET_KEY", minimum=32) or secret_key(DATA_DIR / "secret-key")
# The address that gunicorn listens on (chatsite/gunicorn_conf.py): chatsite/checks.py looks at it.
HOST = listening.host()
ALLOWED_HOSTS = env.hosts(
    "ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", socket.gethostname().lower()]
)
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")

# Who may talk, to which model, and how much.
CHAT_ALLOW_GUESTS = env.flag("CHAT_ALLOW_GUESTS", default=False)
# Who may make an account: nobody, who has an invitation, or everybody.
SIGN_UP = env.choice("SIGN_UP", "OFF", allowed=("OFF", "INVITATION", "OPEN"))
# The admin's address below the site's; "" where there is none.
ADMIN_URL = env.path("ADMIN_URL", "admin/")
# Models that people may choose from, and the tokens that each can take where that is not CHAT_CONTEXT_TOKENS.
CHAT_MODELS = env.models("CHAT_MODELS")
CHAT_MODEL = env.text(
    "CHAT_MODEL",
    next(iter(CHAT_MODELS), ""),
    pattern=r"\S{1,200}",
    expected=say("a model name, or provider:model"),
)
OPENAI_API_KEY = env.secret("OPENAI_API_KEY")
OPENAI_BASE_URL = env.url("OPENAI_BASE_URL")
# True if nothing else is configured: then the small model inside the installation answers.
CHAT_LOCAL_MODEL = local_model.is_wanted()
# Set by the gunicorn master for its workers, once the local model is ready.
CHAT_LOCAL_MODEL_URL = env.url(local_model.URL_VARIABLE)
CHAT_LOCAL_MODEL_KEY = env.prose(local_model.KEY_VARIABLE, "none")
# Whether people may make links by which everybody can read a conversation.
CHAT_ALLOW_SHARING = env.flag("CHAT_ALLOW_SHARING", default=True)
# Whether browsers are given a service worker, which says so where there is no network.
OFFLINE_PAGE = env.flag("OFFLINE_PAGE", default=True)
# Whether the model sees images: as its name says, or as this does.
CHAT_MODEL_SEES = env.choice("CHAT_MODEL_SEES", "AUTO", allowed=("AUTO", "ON", "OFF"))
# Replies that one person may have written at once, so that there is room for others.
CHAT_REPLIES_AT_ONCE = env.integer("CHAT_REPLIES_AT_ONCE", 4, minimum=1, maximum=100_000)
CHAT_MAX_LENGTH = 32_000  # characters in one message of a person
# Prompt and reply together; older messages are left out beyond it.
CHAT_CONTEXT_TOKENS = env.integer(
    "CHAT_CONTEXT_TOKENS",
    local_model.CONTEXT_TOKENS if CHAT_LOCAL_MODEL else 32_000,
    minimum=512,
    maximum=10_000_000,
)
# Unset means: the provider's own limit. The local model is small and can go on for ever.
CHAT_MAX_TOKENS = env.optional_integer("CHAT_MAX_TOKENS", minimum=1, maximum=1_000_000) or (
    local_model.MAX_TOKENS if CHAT_LOCAL_MODEL else None
)
# Modules that have an `assistant`; the first is the one that a new conversation is with.
CHAT_ASSISTANTS = env.words("CHAT_ASSISTANTS") or [
    "chatsite.assistants.chat",
    "chatsite.assistants.documents",
    "chatsite.assistants.agent",
    "chatsite.assistants.structured",
]
CHAT_SYSTEM_PROMPT = env.prose("CHAT_SYSTEM_PROMPT", "You are a helpful assistant.")
# Whether the model is asked for a conversation's title, too: one more request, that somebody pays for.
CHAT_TITLES = env.flag("CHAT_TITLES", default=False)

# What one address, one person and one guest may do: 0 is no limit. chatsite/accounts/limits.py has the times,
# and the admin other numbers for groups.
LIMITS = {
    "requests": env.integer("LIMIT_REQUESTS", 600, minimum=0, maximum=10**9),
    "sign_ins": env.integer("LIMIT_SIGN_INS", 60, minimum=0, maximum=10**9),
    "codes": env.integer("LIMIT_CODES", 10, minimum=0, maximum=10**9),
    "mails": env.integer("LIMIT_MAILS", 5, minimum=0, maximum=10**9),
    "guests": env.integer("LIMIT_GUESTS", 100, minimum=0, maximum=10**9),
    "messages": env.integer("LIMIT_MESSAGES", 600, minimum=0, maximum=10**9),
    "uploads": env.integer("LIMIT_UPLOADS", 200, minimum=0, maximum=10**9),
    "imports": env.integer("LIMIT_IMPORTS", 20, minimum=0, maximum=10**9),
    "replies": CHAT_REPLIES_AT_ONCE,
    "links": env.integer("LIMIT_LINKS", 200, minimum=0, maximum=10**9),
    "tokens": env.integer("LIMIT_TOKENS", 5_000_000, minimum=0, maximum=10**12),
    "cost": env.integer("LIMIT_COST", 0, minimum=0, maximum=10**9),
    "disk": env.integer("LIMIT_DISK", 200_000_000, minimum=0, maximum=10**15),
    "images": env.integer("LIMIT_IMAGES", 200_000_000, minimum=0, maximum=10**15),
}
GUEST_LIMITS = {
    "messages": env.integer("LIMIT_GUEST_MESSAGES", 300, minimum=0, maximum=10**9),
    "uploads": env.integer("LIMIT_GUEST_UPLOADS", 100, minimum=0, maximum=10**9),
    "imports": env.integer("LIMIT_GUEST_IMPORTS", 5, minimum=0, maximum=10**9),
    "tokens": env.integer("LIMIT_GUEST_TOKENS", 1_000_000, minimum=0, maximum=10**12),
    "disk": env.integer("LIMIT_GUEST_DISK", 50_000_000, minimum=0, maximum=10**15),
    "images": env.integer("LIMIT_GUEST_IMAGES", 50_000_000, minimum=0, maximum=10**15),
}
# Days after which what nobody has used is deleted: of guests who have not come back; of everybody (0: never).
GUEST_KEEP_DAYS = env.integer("GUEST_KEEP_DAYS", 30, minimum=14, maximum=36_500)
KEEP_DAYS = env.integer("KEEP_DAYS", 0, minimum=0, maximum=36_500)
# Cents for a million tokens, for LIMIT_COST.
PRICE_INPUT = env.integer("PRICE_INPUT", 0, minimum=0, maximum=1_000_000)
PRICE_OUTPUT = env.integer("PRICE_OUTPUT", 0, minimum=0, maximum=1_000_000)
# The proxies whose word on the visitor's address is believed. gunicorn reads it, too, and tells its workers
# what its own options made of it.
FORWARDED_ALLOW_IPS = env.words("FORWARDED_ALLOW_IPS") or ["127.0.0.1", "::1"]

# What people may upload to ask about.
DOCUMENTS_PER_PERSON = env.integer("DOCUMENTS_PER_PERSON", 50, minimum=1, maximum=100_000)
LIMITS["documents"] = DOCUMENTS_PER_PERSON
DOCUMENT_MAX_BYTES = env.integer("DOCUMENT_MAX_BYTES", 10_000_000, minimum=1_000, maximum=1_000_000_000)
DOCUMENT_MAX_PAGES = env.integer("DOCUMENT_MAX_PAGES", 500, minimum=1, maximum=100_000)
DOCUMENT_MAX_CHARACTERS = env.integer(
    "DOCUMENT_MAX_CHARACTERS", 1_000_000, minimum=1_000, maximum=100_000_000
)
# Finds passages by their meaning too; unset: by their words only.
EMBEDDING_MODEL = env.text("EMBEDDING_MODEL", pattern=r"\S{1,200}", expected=say("a model's name"))
# Passages in one request: servers have limits of their own.
EMBEDDING_BATCH = env.integer("EMBEDDING_BATCH", 32, minimum=1, maximum=2_048)

STREAMING: dict[str, Any] = {
    # Seconds to reach the provider, to its first token, between two tokens, and for a whole reply.
    "CONNECT_TIMEOUT": env.seconds("STREAM_CONNECT_TIMEOUT", 5.0),
    "FIRST_TOKEN_TIMEOUT": env.seconds("STREAM_FIRST_TOKEN_TIMEOUT", 60.0),
    "IDLE_TIMEOUT": env.seconds("STREAM_IDLE_TIMEOUT", 60.0),
    "TOTAL_TIMEOUT": env.seconds("STREAM_TOTAL_TIMEOUT", 600.0),
    # Seconds of silence after which a comment is sent, so that proxies and browsers keep waiting.
    "HEARTBEAT": env.seconds("STREAM_HEARTBEAT", 15.0, maximum=300.0),
    # Seconds of silence after which a process is taken for dead, and its replies are ended or begun anew.
    "LEASE": env.seconds("STREAM_LEASE", 10.0, minimum=5.0, maximum=15.0),
    # Seconds after the end of a reply for which a reader who lost the connection can get the rest.
    "KEEP_EVENTS": env.seconds("STREAM_KEEP_EVENTS", 3600.0, maximum=31_536_000.0),
    "RERUN": "chatsite.chat.replies.job_of",
    # Where processes wake each other; unset: they look into the database ten times a second.
    "REDIS_URL": env.redis_url("REDIS_URL"),
}
# Streams at once in one process; unset: what gunicorn's threads leave room for.
if limit := env.optional_integer("STREAM_MAX_STREAMS", minimum=1, maximum=100_000):
    STREAMING["MAX_STREAMS"] = limit

INSTALLED_APPS = [
    "whitenoise.runserver_nostatic",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    # Not `allauth`, which has pages and mails of its own: all that is shown is in templates/.
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "chatsite.accounts.apps.UserSessionsConfig",
    "axes",
    "csp",
    "streaming",
    "chatsite",
    "chatsite.accounts",
    "chatsite.assistants",
    "chatsite.chat",
    "chatsite.waiting",
    "chatsite.live",
    "chatsite.sharing",
    "chatsite.feedback",
    "chatsite.documents",
    "chatsite.staff",
    "chatsite.preferences",
    "chatsite.images",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "chatsite.answers.BrowserPolicies",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pages; a stream says `Content-Encoding: identity`, and is left alone.
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    # Before all that refuses a request, and says why. A person's choice is in a cookie: it needs no session.
    "django.middleware.locale.LocaleMiddleware",
    "chatsite.accounts.middleware.NoDebugBehindProxy",
    "chatsite.accounts.middleware.PasswordsInTurn",
    "chatsite.accounts.middleware.AddressLimits",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "chatsite.accounts.devices.Seen",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "chatsite.answers.LengthRequired",
    "chatsite.accounts.middleware.Audit",
    "axes.middleware.AxesMiddleware",  # the last one: it puts its answer in the place of the sign-in page's
]

ROOT_URLCONF = "chatsite.urls"
WSGI_APPLICATION = "chatsite.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": database(data_dir=DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
PASSWORD_HASHERS = ["chatsite.accounts.passwords.Hasher"]
# Guessers of passwords, counted in the database: by the name together with the address, so that nobody can
# lock somebody else out. Django's own backend is asked only if the first one lets the request through.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_FAILURE_LIMIT = env.integer("SIGN_IN_FAILURES", 10, minimum=1, maximum=1_000_000)
AXES_COOLOFF_TIME = timedelta(seconds=env.seconds("SIGN_IN_LOCK", 900.0))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "chatsite.accounts.views.locked_out"
AXES_CLIENT_IP_CALLABLE = "chatsite.accounts.address.address_of"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

# Making an account, its address and its password. With a server for mail each new account's address is
# confirmed before its first sign-in, and a forgotten password can be set anew; without one there are no
# addresses. Who asks for something too often is found out by chatsite/accounts/limits.py: allauth counts in
# Django's cache, which each process has of its own.
MAIL = mail_server()
if MAIL is not None:
    DEFAULT_FROM_EMAIL = MAIL.sender
    EMAIL_HOST, EMAIL_PORT = MAIL.host, MAIL.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL.user, MAIL.password
    EMAIL_USE_SSL, EMAIL_USE_TLS = MAIL.starts_with_tls, MAIL.changes_to_tls
    EMAIL_TIMEOUT = 10  # seconds: somebody waits for a page meanwhile
PASSWORD_RESET_TIMEOUT = 86_400
ACCOUNT_ADAPTER = "chatsite.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "signup": "chatsite.accounts.forms.SignUpForm",
    "change_password": "chatsite.accounts.forms.ChangePasswordForm",
    "add_email": "chatsite.accounts.forms.ChangeEmailForm",
}
ACCOUNT_RATE_LIMITS = False
ACCOUNT_SIGNUP_FIELDS = ["username*", *(["email*"] if MAIL else []), "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if MAIL else "none"
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = bool(MAIL)
# What asks for the password again, or for a code: only what changes the second factor.
ACCOUNT_REAUTHENTICATION_METHODS = ["password", "mfa"]
# Signing in by a provider of identities. Whom it says somebody is: chatsite/accounts/single_sign_on.
OIDC = sign_on_provider(sign_up=SIGN_UP)
SOCIALACCOUNT_ADAPTER = "chatsite.accounts.single_sign_on.adapter.SignOnAdapter"
SOCIALACCOUNT_EMAIL_REQUIRED = False
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"  # only an address that the provider has confirmed is taken
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5  # seconds: somebody waits for a page meanwhile
MFA_ADAPTER = "chatsite.accounts.second_factor.adapter.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "chatsite.accounts.second_factor.forms.AuthenticateForm",
    "reauthenticate": "chatsite.accounts.second_factor.forms.ReauthenticateForm",
}
MFA_ALLOW_UNVERIFIED_EMAIL = True  # who has an account was made it by staff, or has confirmed an address
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # half minutes by which a clock may be wrong
# Django's own: allauth's makes an address of what an operator has written down, which nobody has confirmed.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105 - a class

# What the pages speak: what a person has chosen, else what the browser asks for, else LANGUAGE_CODE.
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LANGUAGE_CODE = env.choice("LANGUAGE_CODE", "EN", allowed=("EN", "ZH-HANS")).lower()
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 31_536_000
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
# In an image the files are there from the start, and not to be changed.
STATIC_ROOT = env.directory("STATIC_ROOT", str(DATA_DIR / "static"), base=BASE_DIR)
STATICFILES_DIRS = [path for path in (BASE_DIR / "static",) if path.is_dir()]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        # Hashed names need `collectstatic`; while developing, the files are served as they are.
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "chatsite.config.staticfiles.HashedModulesStorage"
    },
}
# A file is bounded, and never reaches the disk: of a document only the text is kept.
FILE_UPLOAD_HANDLERS = ["chatsite.documents.upload_handler.BoundedUploadHandler"]

# Behind a proxy that ends TLS: cookies over https only, plain http redirected. gunicorn takes
# X-Forwarded-Proto from FORWARDED_ALLOW_IPS only, so a visitor cannot forge it.
CHAT_HTTPS = env.flag("CHAT_HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE_SSL_REDIRECT = CHAT_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if CHAT_HTTPS else 0
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if CHAT_HTTPS else "http"  # of the links in mails
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)$"]
# Whether subdomains follow, and whether browsers preload it, is for the owner of the whole domain to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
# The page takes the token from its form, so scripts need not read either cookie.
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
# A guest's key. With the prefix, browsers take the cookie from this host over https only, and no subdomain
# can plant another one.
GUEST_COOKIE_NAME = "__Host-guest" if CHAT_HTTPS else "guest"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "chatsite.answers.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    },
}

# To stderr, a line a record. No prompts and no keys: the loggers of the HTTP and OpenAI clients print whole
# requests at DEBUG, so they are held at WARNING whatever LOG_LEVEL says.
LOG_LEVEL = log_level()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "chatsite.config.logs.OneLineFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own handlers would print a second time, and mail its error pages.
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        # A visitor can cause these at will; the answer, 413, says all.
        "django.security.RequestDataTooBig": {"level": "CRITICAL"},
        "django.security.TooManyFieldsSent": {"level": "CRITICAL"},
        "axes": {"level": "WARNING"},
        # For each HEAD: Django leaves it to the server to drop the body.
        "gunicorn.http.wsgi": {"level": "ERROR"},
        # A line for each try; what cannot be done without the database says so itself.
        "psycopg.pool": {"level": "ERROR"},
        "django.db.backends": {"level": "INFO"},  # DEBUG prints every statement with its values
        "django.template": {"level": "INFO"},  # DEBUG prints the request with its cookies
        **{
            name: {"level": "WARNING"}
            for name in (
                "openai",
                "requests",
                "urllib3",
                "httpx",
                "httpx2",
                "httpcore",
                "httpcore2",
                "langsmith",
                "asyncio",
                "markdown_it",
            )
        },
    },
}
