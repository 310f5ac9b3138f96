from django.urls import path

from cinema.auth import account, password_reset, views

urlpatterns = [
    path("signup", views.Signup.as_view(), name="signup"),
    path("login", views.Login.as_view(), name="login"),
    path("login/refresh", views.Refresh.as_view(), name="login-refresh"),
    path("logout", views.Logout.as_view(), name="logout"),
    path("me", account.Me.as_view(), name="me"),
    path("me/password", account.ChangePassword.as_view(), name="me-password"),
    path("password/forgotten", password_reset.Forgotten.as_view(), name="password-forgotten"),
    path("password/reset", password_reset.Reset.as_view(), name="password-reset"),
]
