from django.urls import path

from cinema.auth import views

urlpatterns = [
    path("signup", views.Signup.as_view(), name="signup"),
    path("login", views.Login.as_view(), name="login"),
    path("login/refresh", views.Refresh.as_view(), name="login-refresh"),
    path("logout", views.Logout.as_view(), name="logout"),
]
